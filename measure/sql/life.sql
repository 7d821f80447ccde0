-- Users who began, and those among them who did anything that is no step of the funnel, for this period and the two before.
SELECT s.period, COUNT(*) AS users, SUM(s.lives) AS lively
FROM (
    SELECT
        p.period, e.user_id, MAX(CASE WHEN f.step IS NULL THEN 1 ELSE 0 END) AS lives,
        MAX(CASE WHEN f.step = 1 THEN 1 ELSE 0 END) AS began
    FROM fct_events AS e
    JOIN people AS u ON u.user_id = e.user_id
    JOIN periods AS p
        ON CASE WHEN e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by THEN TRUE ELSE FALSE END
    LEFT JOIN steps AS f ON f.event_name = e.event_name
    WHERE e.event_time >= :since AND e.event_time < :until AND u.slice = 'segment' AND p.period >= -2 AND p.period <= 0
    GROUP BY p.period, e.user_id
) AS s
WHERE s.began = 1
GROUP BY s.period
