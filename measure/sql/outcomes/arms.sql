/* By policy and channel: who was messaged and who was held out in the span, and how many of each reached the goal within the
   horizon of any such decision. Whoever is in both arms of a policy is in neither. */
WITH decided AS (
    SELECT
        user_id, policy_key, channel, decided_at, outcome,
        MIN(outcome) OVER (PARTITION BY user_id, policy_key) AS first_outcome, MAX(outcome) OVER (PARTITION BY user_id, policy_key) AS last_outcome
    FROM decisions
    WHERE decided_at >= :since AND decided_at < :until
        AND (outcome = 'selected' OR (reason_code = 'HELD_OUT_POLICY' AND ghost))
),
reached AS (
    SELECT DISTINCT d.user_id, d.policy_key, d.channel
    FROM decided AS d
    JOIN fct_events AS e ON e.user_id = d.user_id AND e.event_name = :goal
        AND e.event_time > d.decided_at AND e.event_time < d.decided_at + :horizon
),
users AS (
    SELECT DISTINCT user_id, policy_key, channel, outcome FROM decided WHERE first_outcome = last_outcome
)
SELECT
    u.policy_key, COALESCE(u.channel, '') AS channel, u.outcome, COUNT(*) AS users,
    SUM(CASE WHEN r.user_id IS NULL THEN 0 ELSE 1 END) AS reached
FROM users AS u
LEFT JOIN reached AS r ON r.user_id = u.user_id AND r.policy_key = u.policy_key AND r.channel IS NOT DISTINCT FROM u.channel
GROUP BY u.policy_key, u.channel, u.outcome
ORDER BY 1, 2, 3
