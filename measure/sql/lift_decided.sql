/* Whom a policy decided to message, or would have but for its experiment, from the first such decision on. The arm is the one
   that the bucket gives; who was messaged in an arm that is not, or not in one that is, has moved. */
SELECT
    d.user_id AS unit, '' AS scope, 1 AS is_first, :drawn AS arm, d.since, d.since + :horizon AS until,
    CAST(NULL AS TEXT) AS goal_event, CASE WHEN d.first_outcome <> d.last_outcome THEN 1 ELSE 0 END AS in_two_arms,
    CASE WHEN (d.first_outcome = 'held_out') <> ((:drawn) IN (:untreated)) THEN 1 ELSE 0 END AS has_moved,
    CASE WHEN (:is_inside) THEN 0 ELSE 1 END AS is_outside
FROM (
    SELECT d.user_id, MIN(d.decided_at) AS since, MIN(d.outcome) AS first_outcome, MAX(d.outcome) AS last_outcome
    FROM decisions AS d
    WHERE (:is_meant) AND d.decided_at >= :starts_at AND d.decided_at < :ends_at
        AND (d.outcome = 'selected' OR (d.reason_code = 'HELD_OUT_EXPERIMENT' AND d.ghost))
    GROUP BY d.user_id
) AS d
JOIN everybody AS u ON u.user_id = d.user_id
WHERE d.since + :horizon <= :as_of
