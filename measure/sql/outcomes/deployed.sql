/* A version since it went live: whom it decided on, what it sent, and by arm how many reached the goal of their message within
   the horizon of their first decision. Whoever is in both arms is in neither. */
WITH made AS (
    SELECT d.decision_id, d.user_id, d.decided_at, d.outcome, d.reason_code, d.ghost, d.action_key
    FROM decisions AS d
    WHERE d.policy_key = :policy_key AND d.policy_version = :version AND d.decided_at >= :since AND d.decided_at < :until
),
compared AS (
    SELECT
        d.user_id, d.decided_at, d.outcome, :goal_event AS goal_event,
        ROW_NUMBER() OVER (PARTITION BY d.user_id ORDER BY d.decided_at, d.decision_id) AS place,
        MIN(d.outcome) OVER (PARTITION BY d.user_id) AS first_outcome, MAX(d.outcome) OVER (PARTITION BY d.user_id) AS last_outcome
    FROM made AS d
    WHERE d.decided_at + :horizon <= :until AND (d.outcome = 'selected' OR (d.reason_code = 'HELD_OUT_POLICY' AND d.ghost))
        AND :goal_event IS NOT NULL
),
firsts AS (
    SELECT user_id, decided_at, outcome, goal_event FROM compared WHERE place = 1 AND first_outcome = last_outcome
),
reached AS (
    SELECT DISTINCT f.user_id
    FROM firsts AS f
    JOIN fct_events AS e ON e.user_id = f.user_id AND e.event_name = f.goal_event
        AND e.event_time > f.decided_at AND e.event_time < f.decided_at + :horizon
),
sent AS (
    SELECT m.user_id, m.channel
    FROM fct_messages AS m JOIN made AS d ON d.decision_id = m.decision_id
    WHERE m.sent_at < :until
)
SELECT 'people' AS what, '' AS part, COUNT(DISTINCT user_id) AS users, 0 AS reached FROM made
UNION ALL SELECT 'messages', COALESCE(channel, ''), COUNT(*), 0 FROM sent GROUP BY channel
UNION ALL
SELECT 'arm', f.outcome, COUNT(*), SUM(CASE WHEN r.user_id IS NULL THEN 0 ELSE 1 END)
FROM firsts AS f LEFT JOIN reached AS r ON r.user_id = f.user_id
GROUP BY f.outcome
UNION ALL
SELECT 'contaminated', '', COUNT(DISTINCT f.user_id), 0
FROM firsts AS f JOIN sent AS s ON s.user_id = f.user_id
WHERE f.outcome = 'held_out'
