-- Events of one step that name no user, by platform, version and day.
SELECT
    e.device_os AS platform, e.app_version, CAST(e.event_time AS DATE) AS day, COUNT(*) AS events,
    SUM(CASE WHEN e.user_id IS NULL THEN 1 ELSE 0 END) AS without_user
FROM fct_events AS e
WHERE e.event_name = :event AND e.event_time >= :since AND e.event_time < :until AND e.received_at < :as_of
GROUP BY e.device_os, e.app_version, CAST(e.event_time AS DATE)
ORDER BY day DESC, events DESC
LIMIT 500
