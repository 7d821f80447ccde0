-- What became of candidate messages, by platform, day, channel and reason.
SELECT
    u.device_os AS platform, CAST(d.decided_at AS DATE) AS day, d.channel, d.reason_code, m.failed_reason,
    COUNT(*) AS candidates, COUNT(m.sent_at) AS sent, COUNT(m.delivered_at) AS delivered
FROM decisions AS d
JOIN dim_users AS u ON u.user_id = d.user_id
LEFT JOIN fct_messages AS m ON m.decision_id = d.decision_id
WHERE d.decided_at >= :since AND d.decided_at < :until AND d.decided_at < :as_of
GROUP BY u.device_os, CAST(d.decided_at AS DATE), d.channel, d.reason_code, m.failed_reason
ORDER BY day DESC, candidates DESC
LIMIT 500
