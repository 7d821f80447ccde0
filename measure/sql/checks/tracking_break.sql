-- Users with the later step, and those among them without the earlier one, by platform, version and day.
SELECT
    l.device_os AS platform, l.app_version, l.day, COUNT(*) AS with_later_step,
    SUM(CASE WHEN e.user_id IS NULL THEN 1 ELSE 0 END) AS without_earlier_step
FROM (
    SELECT user_id, device_os, app_version, CAST(event_time AS DATE) AS day
    FROM fct_events
    WHERE event_name = :next_event AND event_time >= :since AND event_time < :until AND received_at < :as_of
    GROUP BY user_id, device_os, app_version, CAST(event_time AS DATE)
) AS l
LEFT JOIN (
    SELECT DISTINCT user_id, CAST(event_time AS DATE) AS day
    FROM fct_events
    WHERE event_name = :event AND event_time >= :since - :window AND event_time < :until AND received_at < :as_of
) AS e ON e.user_id = l.user_id AND e.day = l.day
GROUP BY l.device_os, l.app_version, l.day
ORDER BY l.day, l.device_os, l.app_version
LIMIT 500
