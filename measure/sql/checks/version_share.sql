-- How many users run each version, by platform and day.
SELECT
    e.device_os AS platform, e.app_version, CAST(e.event_time AS DATE) AS day, COUNT(DISTINCT e.user_id) AS users
FROM fct_events AS e
WHERE e.event_time >= :since AND e.event_time < :until AND e.received_at < :as_of
GROUP BY e.device_os, e.app_version, CAST(e.event_time AS DATE)
ORDER BY day DESC, platform, users DESC
LIMIT 500
