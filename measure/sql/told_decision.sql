/* One decision, the message that came of it, and when the user first reached a goal within the horizon of it. */
SELECT
    d.user_id, d.cycle_id, d.decided_at, d.policy_key, d.policy_version, d.action_key, d.channel, d.outcome,
    d.reason_code, d.ghost, m.message_id, m.channel AS sent_by, m.sent_at, m.delivered_at, m.opened_at, m.clicked_at,
    m.failed_reason
FROM decisions AS d
LEFT JOIN fct_messages AS m ON m.decision_id = d.decision_id
WHERE d.decision_id = :decision_id
