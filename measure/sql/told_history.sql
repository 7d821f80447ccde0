/* The newest decisions on one user, and the message that came of each. */
SELECT
    d.decision_id, d.user_id, d.cycle_id, d.decided_at, d.policy_key, d.policy_version, d.action_key, d.channel,
    d.outcome, d.reason_code, d.ghost, m.message_id, m.channel AS sent_by, m.sent_at, m.delivered_at, m.opened_at,
    m.clicked_at, m.failed_reason
FROM decisions AS d
LEFT JOIN fct_messages AS m ON m.decision_id = d.decision_id
WHERE d.user_id = :user_id
ORDER BY d.decided_at DESC, d.policy_key, d.action_key, d.decision_id
LIMIT :most
