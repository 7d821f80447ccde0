-- Who entered and who reached the end, by one dimension, platform and week.
SELECT
    u.device_os AS platform, :dimension, DATE_TRUNC('week', e.entered_at) AS week,
    COUNT(*) AS entrants, COUNT(c.user_id) AS reached
FROM (
    SELECT user_id, DATE_TRUNC('week', event_time) AS week, MIN(event_time) AS entered_at
    FROM fct_events
    WHERE event_name = :entry AND event_time >= :since AND event_time < :until AND received_at < :as_of
    GROUP BY user_id, DATE_TRUNC('week', event_time)
) AS e
JOIN dim_users AS u ON u.user_id = e.user_id
LEFT JOIN (
    SELECT DISTINCT user_id, DATE_TRUNC('week', event_time) AS week
    FROM fct_events
    WHERE event_name = :goal AND event_time >= :since AND event_time < :until AND received_at < :as_of
) AS c ON c.user_id = e.user_id AND c.week = e.week
GROUP BY u.device_os, :dimension, DATE_TRUNC('week', e.entered_at)
ORDER BY week DESC, entrants DESC
LIMIT 500
