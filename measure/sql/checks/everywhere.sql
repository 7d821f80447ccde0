-- One step by platform and day: users who took it and who took the next on the same day.
SELECT
    u.device_os AS platform, a.day, COUNT(*) AS entered, COUNT(n.user_id) AS converted
FROM (
    SELECT DISTINCT user_id, CAST(event_time AS DATE) AS day
    FROM fct_events WHERE event_name = :step AND event_time >= :since AND event_time < :until AND received_at < :as_of
) AS a
JOIN dim_users AS u ON u.user_id = a.user_id
LEFT JOIN (
    SELECT DISTINCT user_id, CAST(event_time AS DATE) AS day
    FROM fct_events WHERE event_name = :next_step AND event_time >= :since AND event_time < :until AND received_at < :as_of
) AS n ON n.user_id = a.user_id AND n.day = a.day
GROUP BY u.device_os, a.day
ORDER BY a.day, u.device_os
LIMIT 500
