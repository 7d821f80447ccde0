-- How many of those who began have had the whole window, by platform and day.
SELECT
    u.device_os AS platform, CAST(e.event_time AS DATE) AS day, COUNT(DISTINCT e.user_id) AS entrants,
    AVG(CASE WHEN e.event_time + :window <= :as_of THEN 1.0 ELSE 0.0 END) AS share_with_whole_window
FROM fct_events AS e
JOIN dim_users AS u ON u.user_id = e.user_id
WHERE e.event_name = :entry AND e.event_time >= :since AND e.event_time < :until AND e.received_at < :as_of
GROUP BY u.device_os, CAST(e.event_time AS DATE)
ORDER BY day DESC, platform
LIMIT 500
