-- Who met what an experiment changes: from the first time on, in the arm that was recorded then.
SELECT
    e.user_id AS unit, '' AS scope, 1 AS is_first, :arm AS arm, e.since, e.since + :horizon AS until,
    CAST(NULL AS TEXT) AS goal_event, CASE WHEN e.first_arm <> e.last_arm THEN 1 ELSE 0 END AS in_two_arms,
    CASE WHEN (:drawn) <> (:arm) THEN 1 ELSE 0 END AS has_moved,
    CASE WHEN (:is_inside) THEN 0 ELSE 1 END AS is_outside
FROM (
    SELECT
        v.user_id, MIN(v.event_time) AS since, COALESCE(MIN(:recorded), '') AS first_arm, COALESCE(MAX(:recorded), '') AS last_arm
    FROM fct_events AS v
    WHERE v.event_name = :event AND v.event_time >= :starts_at AND v.event_time < :ends_at
    GROUP BY v.user_id
) AS e
JOIN everybody AS u ON u.user_id = e.user_id
WHERE e.since + :horizon <= :as_of AND (:is_kept)
