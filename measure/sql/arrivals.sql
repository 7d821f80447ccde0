-- Events of the last 60 hours before each moment of asking, by how old they are in steps of 6 hours.
SELECT
    p.period, u.slice,
    CAST(FLOOR(DATE_DIFF('second', e.event_time, p.known_by) / 21600.0) AS INTEGER) AS age,
    COUNT(*) AS events
FROM fct_events AS e
JOIN periods AS p
    ON CASE
        WHEN e.event_time >= p.known_by - INTERVAL '60' HOUR AND e.event_time < p.known_by AND e.received_at < p.known_by THEN TRUE
        ELSE FALSE
    END
JOIN people AS u ON u.user_id = e.user_id
WHERE e.event_time >= :since AND e.event_time < :until
GROUP BY p.period, u.slice, CAST(FLOOR(DATE_DIFF('second', e.event_time, p.known_by) / 21600.0) AS INTEGER)
