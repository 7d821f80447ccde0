-- How many events of each step a user sends, by platform and version: which fell silent.
SELECT
    e.device_os AS platform, e.app_version, e.event_name, COUNT(*) AS events, COUNT(DISTINCT e.user_id) AS users,
    COUNT(*) * 1.0 / COUNT(DISTINCT e.user_id) AS events_per_user
FROM fct_events AS e
WHERE e.event_name IN (:names) AND e.event_time >= :since AND e.event_time < :until AND e.received_at < :as_of
GROUP BY e.device_os, e.app_version, e.event_name
ORDER BY platform, e.event_name, users DESC
LIMIT 500
