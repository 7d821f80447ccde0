-- Sales the server knows, and how many of them an event reported; the newest hours are left out.
SELECT
    p.period, u.slice, COUNT(*) AS subscriptions,
    SUM(CASE WHEN e.user_id IS NULL THEN 1 ELSE 0 END) AS unreported
FROM (
    SELECT DISTINCT user_id, started_at FROM fct_subscriptions WHERE started_at IS NOT NULL
) AS s
JOIN periods AS p
    ON s.started_at >= p.starts AND s.started_at < p.ends
    AND s.started_at < p.known_by - INTERVAL '6' HOUR
JOIN people AS u ON u.user_id = s.user_id
LEFT JOIN (
    SELECT p2.period, e2.user_id
    FROM fct_events AS e2
    JOIN periods AS p2
        ON CASE WHEN e2.event_time >= p2.starts AND e2.event_time < p2.tail_ends AND e2.received_at < p2.known_by THEN TRUE ELSE FALSE END
    WHERE e2.event_time >= :since AND e2.event_time < :until AND e2.event_name = :goal
    GROUP BY p2.period, e2.user_id
) AS e ON e.user_id = s.user_id AND e.period = p.period
GROUP BY p.period, u.slice
