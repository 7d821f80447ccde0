-- Every funnel event in each period it may count for, as known at the same moment of that period.
-- A first step must fall inside the period; a later one may follow within the window.
SELECT p.period, e.user_id, s.step, e.event_time, e.app_version
FROM fct_events AS e
JOIN steps AS s ON s.event_name = e.event_name
JOIN periods AS p
    ON CASE WHEN e.event_time >= p.starts AND e.event_time < p.tail_ends AND e.received_at < p.known_by THEN TRUE ELSE FALSE END
JOIN people AS u ON u.user_id = e.user_id
WHERE e.event_time >= :since AND e.event_time < :until AND (s.step > 1 OR e.event_time < p.ends)
