/* Users that a policy messaged, or would have messaged had it not held them out: one row a user and action, from their first
   such decision on. Only decisions whose horizon is over. */
SELECT
    d.user_id AS unit, d.action_key AS scope, CASE WHEN d.place_overall = 1 THEN 1 ELSE 0 END AS is_first,
    CASE WHEN d.outcome = 'selected' THEN 'treated' ELSE 'held_out' END AS arm,
    d.decided_at AS since, d.decided_at + :horizon AS until, d.goal_event,
    CASE WHEN d.first_outcome <> d.last_outcome THEN 1 ELSE 0 END AS in_two_arms,
    CASE WHEN (:is_held_out) <> (d.outcome = 'held_out') THEN 1 ELSE 0 END AS has_moved,
    0 AS is_outside
FROM (
    SELECT
        s.*,
        ROW_NUMBER() OVER (PARTITION BY s.user_id, s.action_key ORDER BY s.decided_at, s.decision_id) AS place,
        ROW_NUMBER() OVER (PARTITION BY s.user_id ORDER BY s.decided_at, s.decision_id) AS place_overall,
        MIN(s.outcome) OVER (PARTITION BY s.user_id) AS first_outcome, MAX(s.outcome) OVER (PARTITION BY s.user_id) AS last_outcome
    FROM (
        SELECT d.user_id, d.action_key, d.decided_at, d.decision_id, d.outcome, :goal_event AS goal_event
        FROM decisions AS d
        WHERE d.policy_key = :policy_key AND d.decided_at + :horizon <= :as_of
            AND (d.outcome = 'selected' OR (d.reason_code = 'HELD_OUT_POLICY' AND d.ghost))
            AND :goal_event IS NOT NULL
    ) AS s
) AS d
WHERE d.place = 1
