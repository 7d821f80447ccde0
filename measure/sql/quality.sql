-- How the events of this period and the two before arrived: how many came more than an hour late.
SELECT
    p.period, u.slice, COUNT(*) AS events,
    SUM(CASE WHEN e.received_at > e.event_time + INTERVAL '1' HOUR THEN 1 ELSE 0 END) AS late
FROM fct_events AS e
JOIN periods AS p
    ON e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by
JOIN people AS u ON u.user_id = e.user_id
WHERE p.period >= -2
GROUP BY p.period, u.slice
