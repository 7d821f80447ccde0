-- Events of one step that name no user, by period, platform and version.
SELECT
    p.period, e.device_os, e.app_version, COUNT(*) AS events, SUM(CASE WHEN e.user_id IS NULL THEN 1 ELSE 0 END) AS nameless
FROM fct_events AS e
JOIN steps AS s ON s.event_name = e.event_name
JOIN periods AS p ON CASE WHEN e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by THEN TRUE ELSE FALSE END
WHERE e.event_time >= :since AND e.event_time < :until AND s.step = :step
GROUP BY p.period, e.device_os, e.app_version
