-- Users by platform and week, and how many of them sent a single event: bots and split identities send no more.
SELECT
    u.device_os AS platform, c.week, CASE WHEN u.signup_at >= c.week THEN 'new' ELSE 'returning' END AS tenure,
    COUNT(*) AS users, SUM(CASE WHEN c.events = 1 THEN 1 ELSE 0 END) AS with_one_event,
    AVG(CASE WHEN c.events = 1 THEN 1.0 ELSE 0.0 END) AS share_with_one_event
FROM (
    SELECT user_id, DATE_TRUNC('week', event_time) AS week, COUNT(*) AS events
    FROM fct_events
    WHERE event_time >= :since AND event_time < :until AND received_at < :as_of
    GROUP BY user_id, DATE_TRUNC('week', event_time)
) AS c
JOIN dim_users AS u ON u.user_id = c.user_id
GROUP BY u.device_os, c.week, CASE WHEN u.signup_at >= c.week THEN 'new' ELSE 'returning' END
ORDER BY c.week DESC, users DESC
LIMIT 500
