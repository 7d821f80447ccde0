-- What each unit got in its time: messages at all, one that was delivered, one that bounced.
SELECT
    a.seat, 1 AS was_messaged,
    MAX(CASE WHEN m.delivered_at IS NOT NULL THEN 1 ELSE 0 END) AS was_reached,
    MAX(CASE WHEN m.failed_reason IS NOT NULL THEN 1 ELSE 0 END) AS has_bounced
FROM assigned AS a
JOIN fct_messages AS m ON m.user_id = a.unit AND m.sent_at >= a.since AND m.sent_at < a.until AND :is_meant
GROUP BY a.seat
