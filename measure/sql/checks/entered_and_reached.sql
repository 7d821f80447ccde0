-- Who took the first step and who took the last, by platform and week: the same dip in earlier weeks?
SELECT
    u.device_os AS platform, DATE_TRUNC('week', e.event_time) AS week,
    COUNT(DISTINCT CASE WHEN e.event_name = :entry THEN e.user_id END) AS entrants,
    COUNT(DISTINCT CASE WHEN e.event_name = :goal THEN e.user_id END) AS reached
FROM fct_events AS e
JOIN dim_users AS u ON u.user_id = e.user_id
WHERE e.event_name IN (:entry, :goal) AND e.event_time >= :since AND e.event_time < :until AND e.received_at < :as_of
GROUP BY u.device_os, DATE_TRUNC('week', e.event_time)
ORDER BY week DESC, platform
LIMIT 500
