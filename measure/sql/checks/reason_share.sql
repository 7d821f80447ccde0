-- Which share of candidate messages one reason stops, by platform and week.
SELECT
    u.device_os AS platform, DATE_TRUNC('week', d.decided_at) AS week, d.action_key, COUNT(*) AS candidates,
    SUM(CASE WHEN d.reason_code = :reason THEN 1 ELSE 0 END) AS stopped,
    AVG(CASE WHEN d.reason_code = :reason THEN 1.0 ELSE 0.0 END) AS share
FROM decisions AS d
JOIN dim_users AS u ON u.user_id = d.user_id
WHERE d.decided_at >= :since AND d.decided_at < :until AND d.decided_at < :as_of
GROUP BY u.device_os, DATE_TRUNC('week', d.decided_at), d.action_key
ORDER BY week DESC, candidates DESC
LIMIT 500
