-- What a message is worth: of users picked by lot for it and of those held out, how many reached the goal in the window.
SELECT
    d.action_key, d.outcome, COUNT(*) AS users, SUM(CASE WHEN c.user_id IS NULL THEN 0 ELSE 1 END) AS converted
FROM (
    SELECT action_key, user_id, outcome, MIN(decided_at) AS decided_at
    FROM decisions
    WHERE outcome IN ('selected', 'held_out') AND decided_at >= :since AND decided_at < :until
    GROUP BY action_key, user_id, outcome
) AS d
LEFT JOIN (
    SELECT DISTINCT d2.action_key, d2.outcome, d2.user_id
    FROM decisions AS d2
    JOIN fct_events AS e
        ON e.user_id = d2.user_id AND e.event_name = :goal AND e.received_at < :as_of
        AND e.event_time >= d2.decided_at AND e.event_time <= d2.decided_at + :window
    WHERE d2.outcome IN ('selected', 'held_out') AND d2.decided_at >= :since AND d2.decided_at < :until
) AS c ON c.action_key = d.action_key AND c.outcome = d.outcome AND c.user_id = d.user_id
GROUP BY d.action_key, d.outcome
ORDER BY d.action_key, d.outcome
LIMIT 500
