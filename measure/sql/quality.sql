-- How the funnel's events of this period and the two before arrived: how many came more than an hour late, how many twice.
SELECT
    s.period, s.slice, SUM(s.copies) AS events, SUM(s.late) AS late, SUM(s.copies - 1) AS repeated
FROM (
    SELECT
        p.period, u.slice, COUNT(*) AS copies,
        SUM(CASE WHEN e.received_at > e.event_time + INTERVAL '1' HOUR THEN 1 ELSE 0 END) AS late
    FROM fct_events AS e
    JOIN steps AS f ON f.event_name = e.event_name
    JOIN periods AS p
        ON CASE WHEN e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by THEN TRUE ELSE FALSE END
    JOIN people AS u ON u.user_id = e.user_id
    WHERE e.event_time >= :since AND e.event_time < :until AND p.period >= -2 AND p.period <= 0
    GROUP BY p.period, u.slice, e.user_id, f.step, DATE_TRUNC('second', e.event_time)
) AS s
GROUP BY s.period, s.slice
