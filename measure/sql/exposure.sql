-- Candidate messages by period and slice: what became of each, from decision to delivery.
WITH decided AS (
    SELECT p.period, u.slice, d.user_id, d.action_key, d.channel, d.outcome, d.reason_code, d.decision_id, p.known_by
    FROM decisions AS d
    JOIN periods AS p
        ON CASE WHEN d.decided_at >= p.starts AND d.decided_at < p.ends AND d.decided_at < p.known_by THEN TRUE ELSE FALSE END
    JOIN people AS u ON u.user_id = d.user_id
    WHERE d.decided_at >= :since AND d.decided_at < :until
),
received AS (
    SELECT
        d.period, d.slice, d.user_id, d.action_key, d.channel, d.outcome, d.reason_code,
        CASE WHEN m.sent_at < d.known_by THEN 1 ELSE 0 END AS sent,
        CASE WHEN m.delivered_at < d.known_by THEN 1 ELSE 0 END AS delivered,
        CASE WHEN m.sent_at < d.known_by THEN m.failed_reason END AS failed_reason
    FROM decided AS d
    LEFT JOIN fct_messages AS m ON m.decision_id = d.decision_id
)
SELECT
    period, slice, action_key, channel, outcome, reason_code, failed_reason,
    COUNT(*) AS candidates, SUM(sent) AS sent, SUM(delivered) AS delivered
FROM received
GROUP BY period, slice, action_key, channel, outcome, reason_code, failed_reason
