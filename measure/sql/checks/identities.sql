-- Devices by how many users they named, by platform and week.
SELECT
    s.platform, s.week, COUNT(*) AS devices, SUM(CASE WHEN s.users > 1 THEN 1 ELSE 0 END) AS of_several_users,
    AVG(CASE WHEN s.users > 1 THEN 1.0 ELSE 0.0 END) AS share
FROM (
    SELECT
        device_os AS platform, DATE_TRUNC('week', event_time) AS week, anonymous_id, COUNT(DISTINCT user_id) AS users
    FROM fct_events
    WHERE event_time >= :since AND event_time < :until AND received_at < :as_of AND anonymous_id IS NOT NULL
    GROUP BY device_os, DATE_TRUNC('week', event_time), anonymous_id
) AS s
GROUP BY s.platform, s.week
ORDER BY s.week DESC, devices DESC
LIMIT 500
