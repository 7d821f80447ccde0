-- How many events lack a property that they should carry, by platform, version and week.
SELECT
    e.device_os AS platform, e.app_version, DATE_TRUNC('week', e.event_time) AS week, COUNT(*) AS events,
    AVG(CASE WHEN :property IS NULL THEN 1.0 ELSE 0.0 END) AS share_without
FROM fct_events AS e
WHERE e.event_name = :event AND e.event_time >= :since AND e.event_time < :until AND e.received_at < :as_of
GROUP BY e.device_os, e.app_version, DATE_TRUNC('week', e.event_time)
ORDER BY week DESC, events DESC
LIMIT 500
