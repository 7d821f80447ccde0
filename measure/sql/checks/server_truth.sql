-- Sales that the server knows, with and without the event, by platform and day.
SELECT
    u.device_os AS platform, CAST(s.started_at AS DATE) AS day, COUNT(*) AS sales,
    SUM(CASE WHEN e.user_id IS NULL THEN 1 ELSE 0 END) AS without_event
FROM fct_subscriptions AS s
JOIN dim_users AS u ON u.user_id = s.user_id
LEFT JOIN (
    SELECT DISTINCT user_id FROM fct_events
    WHERE event_name = :goal AND event_time >= :since AND event_time < :until AND received_at < :as_of
) AS e ON e.user_id = s.user_id
WHERE s.started_at >= :since AND s.started_at < :until AND s.started_at < :as_of
GROUP BY u.device_os, CAST(s.started_at AS DATE)
ORDER BY day, platform
LIMIT 500
