/* Who a policy messaged and whom it held out, and how many of each reached the goal within the horizon of
   their first decision: for each action, and over all (an empty action). Only decisions whose horizon is over. */
WITH decided AS (
    SELECT
        d.user_id, d.action_key, d.decided_at, d.outcome, :goal_event AS goal_event,
        ROW_NUMBER() OVER (PARTITION BY d.user_id, d.action_key ORDER BY d.decided_at, d.decision_id) AS place,
        ROW_NUMBER() OVER (PARTITION BY d.user_id ORDER BY d.decided_at, d.decision_id) AS place_overall
    FROM decisions AS d
    WHERE d.policy_key = :policy_key AND d.decided_at + :horizon <= :as_of
        AND (d.outcome = 'selected' OR (d.reason_code = 'HELD_OUT_POLICY' AND d.ghost))
        AND :goal_event IS NOT NULL
),
reached AS (
    SELECT DISTINCT d.user_id, d.action_key, d.decided_at
    FROM decided AS d
    JOIN fct_events AS e ON e.user_id = d.user_id AND e.event_name = d.goal_event
        AND e.event_time > d.decided_at AND e.event_time < d.decided_at + :horizon
),
messaged AS (
    SELECT DISTINCT d.user_id, d.action_key, d.decided_at
    FROM decided AS d
    JOIN fct_messages AS m ON m.user_id = d.user_id AND m.policy_key = :policy_key
        AND m.sent_at >= d.decided_at AND m.sent_at < d.decided_at + :horizon
    WHERE d.outcome = 'held_out'
),
users AS (
    SELECT
        d.action_key, d.goal_event, d.outcome, d.place, d.place_overall,
        CASE WHEN r.user_id IS NULL THEN 0 ELSE 1 END AS reached,
        CASE WHEN m.user_id IS NULL THEN 0 ELSE 1 END AS messaged
    FROM decided AS d
    LEFT JOIN reached AS r ON r.user_id = d.user_id AND r.action_key = d.action_key AND r.decided_at = d.decided_at
    LEFT JOIN messaged AS m ON m.user_id = d.user_id AND m.action_key = d.action_key AND m.decided_at = d.decided_at
)
SELECT action_key, MIN(goal_event) AS goal_event, outcome, COUNT(*) AS users, SUM(reached) AS reached, SUM(messaged) AS messaged
FROM users
WHERE place = 1
GROUP BY action_key, outcome
UNION ALL
SELECT '', CASE WHEN MIN(goal_event) = MAX(goal_event) THEN MIN(goal_event) END, outcome, COUNT(*), SUM(reached), SUM(messaged)
FROM users
WHERE place_overall = 1
GROUP BY outcome
ORDER BY 1, 3
