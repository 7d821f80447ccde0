-- What a message is worth: users picked by lot to get it against users held out, earlier periods only.
SELECT d.action_key, d.outcome, COUNT(*) AS users, SUM(CASE WHEN c.converted > 0 THEN 1 ELSE 0 END) AS converted
FROM (
    SELECT action_key, user_id, outcome, MIN(decided_at) AS decided_at
    FROM decisions
    WHERE outcome IN ('selected', 'held_out') AND decided_at >= :since AND decided_at < :until
    GROUP BY action_key, user_id, outcome
) AS d
JOIN people AS u ON u.user_id = d.user_id
LEFT JOIN (
    SELECT d2.action_key, d2.user_id, d2.outcome, COUNT(*) AS converted
    FROM decisions AS d2
    JOIN fct_events AS e
        ON e.user_id = d2.user_id AND e.event_name = :goal AND e.received_at < :as_of
        AND e.event_time >= d2.decided_at AND e.event_time <= d2.decided_at + :window
    WHERE d2.outcome IN ('selected', 'held_out') AND d2.decided_at >= :since AND d2.decided_at < :until
    GROUP BY d2.action_key, d2.user_id, d2.outcome
) AS c ON c.action_key = d.action_key AND c.user_id = d.user_id AND c.outcome = d.outcome
GROUP BY d.action_key, d.outcome
