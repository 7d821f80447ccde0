-- Devices by how many users they named, for this period and the two before.
SELECT s.period, s.slice, COUNT(*) AS devices, SUM(CASE WHEN s.users > 1 THEN 1 ELSE 0 END) AS of_several
FROM (
    SELECT p.period, e.anonymous_id, MIN(u.slice) AS slice, COUNT(DISTINCT e.user_id) AS users
    FROM fct_events AS e
    JOIN steps AS f ON f.event_name = e.event_name
    JOIN periods AS p
        ON CASE WHEN e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by THEN TRUE ELSE FALSE END
    JOIN people AS u ON u.user_id = e.user_id
    WHERE e.event_time >= :since AND e.event_time < :until AND p.period >= -2 AND p.period <= 0 AND e.anonymous_id IS NOT NULL
    GROUP BY p.period, e.anonymous_id
) AS s
GROUP BY s.period, s.slice
