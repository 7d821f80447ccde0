/* Of each version of a policy the users who were decided on for it and whose follow-up is over, and how many of them reached
   the goal of their first action within it. */
WITH decided AS (
    SELECT
        d.policy_version, d.user_id, d.decided_at, :goal_event AS goal_event,
        ROW_NUMBER() OVER (PARTITION BY d.policy_version, d.user_id ORDER BY d.decided_at, d.decision_id) AS place
    FROM decisions AS d
    WHERE d.policy_key = :policy_key AND d.policy_version IN (:canary, :baseline) AND d.decided_at >= :since
        AND d.decided_at + :follow_up <= :as_of AND d.outcome = 'selected' AND :goal_event IS NOT NULL
),
reached AS (
    SELECT DISTINCT d.policy_version, d.user_id
    FROM decided AS d
    JOIN fct_events AS e ON e.user_id = d.user_id AND e.event_name = d.goal_event
        AND e.event_time > d.decided_at AND e.event_time < d.decided_at + :follow_up
    WHERE d.place = 1
)
SELECT d.policy_version, COUNT(*) AS users, COUNT(r.user_id) AS converted
FROM decided AS d
LEFT JOIN reached AS r ON r.policy_version = d.policy_version AND r.user_id = d.user_id
WHERE d.place = 1
GROUP BY d.policy_version
