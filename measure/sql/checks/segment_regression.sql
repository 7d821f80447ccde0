-- One step by platform, dimensions and week: users who took it and who took the next in the same week.
SELECT
    u.device_os AS platform, :dimensions, a.week, COUNT(*) AS entered, COUNT(n.user_id) AS converted
FROM (
    SELECT DISTINCT user_id, DATE_TRUNC('week', event_time) AS week
    FROM fct_events WHERE event_name = :step AND event_time >= :since AND event_time < :until AND received_at < :as_of
) AS a
JOIN dim_users AS u ON u.user_id = a.user_id
LEFT JOIN (
    SELECT DISTINCT user_id, DATE_TRUNC('week', event_time) AS week
    FROM fct_events WHERE event_name = :next_step AND event_time >= :since AND event_time < :until AND received_at < :as_of
) AS n ON n.user_id = a.user_id AND n.week = a.week
GROUP BY u.device_os, :dimensions, a.week
ORDER BY a.week DESC, entered DESC
LIMIT 500
