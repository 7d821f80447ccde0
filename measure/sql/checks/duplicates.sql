-- Events that repeat another of the same user, name and second, by platform, version and week.
SELECT
    s.device_os AS platform, s.app_version, s.week, SUM(s.copies) AS events, SUM(s.copies - 1) AS repeated
FROM (
    SELECT
        device_os, app_version, DATE_TRUNC('week', event_time) AS week, user_id, event_name,
        DATE_TRUNC('second', event_time) AS at, COUNT(*) AS copies
    FROM fct_events
    WHERE event_time >= :since AND event_time < :until AND received_at < :as_of
    GROUP BY device_os, app_version, DATE_TRUNC('week', event_time), user_id, event_name, DATE_TRUNC('second', event_time)
) AS s
GROUP BY s.device_os, s.app_version, s.week
ORDER BY s.week DESC, events DESC
LIMIT 500
