-- How late events arrive, by platform and hour of arrival.
SELECT
    u.device_os AS platform, DATE_TRUNC('hour', e.received_at) AS received_hour, COUNT(*) AS events,
    AVG(DATE_DIFF('second', e.event_time, e.received_at)) AS average_lag_seconds,
    MAX(DATE_DIFF('second', e.event_time, e.received_at)) AS longest_lag_seconds
FROM fct_events AS e
JOIN dim_users AS u ON u.user_id = e.user_id
WHERE e.received_at >= :as_of - INTERVAL '3' DAY AND e.received_at < :as_of
GROUP BY u.device_os, DATE_TRUNC('hour', e.received_at)
ORDER BY received_hour DESC, platform
LIMIT 500
