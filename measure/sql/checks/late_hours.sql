-- Events that have arrived, by platform and hour in which they happened, over the last three days.
SELECT
    u.device_os AS platform, DATE_TRUNC('hour', e.event_time) AS event_hour, COUNT(*) AS events,
    COUNT(DISTINCT e.user_id) AS users
FROM fct_events AS e
JOIN dim_users AS u ON u.user_id = e.user_id
WHERE e.event_time >= :as_of - INTERVAL '3' DAY AND e.event_time < :as_of AND e.received_at < :as_of
GROUP BY u.device_os, DATE_TRUNC('hour', e.event_time)
ORDER BY event_hour DESC, platform
LIMIT 500
