-- What was paid, by platform, product and day.
SELECT
    u.device_os AS platform, s.plan, CAST(s.started_at AS DATE) AS day, COUNT(*) AS sales,
    MIN(s.price) AS lowest, MAX(s.price) AS highest
FROM fct_subscriptions AS s
JOIN dim_users AS u ON u.user_id = s.user_id
WHERE s.started_at >= :since AND s.started_at < :until
GROUP BY u.device_os, s.plan, CAST(s.started_at AS DATE)
ORDER BY day DESC, platform, plan
LIMIT 500
