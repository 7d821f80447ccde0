-- Events that lack a property that they should carry, by period, slice and version.
SELECT
    p.period, u.slice, e.app_version, COUNT(*) AS events, SUM(CASE WHEN :property IS NULL THEN 1 ELSE 0 END) AS without
FROM fct_events AS e
JOIN periods AS p ON CASE WHEN e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by THEN TRUE ELSE FALSE END
JOIN people AS u ON u.user_id = e.user_id
WHERE e.event_time >= :since AND e.event_time < :until AND e.event_name = :event
GROUP BY p.period, u.slice, e.app_version
