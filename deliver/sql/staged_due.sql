-- Messages of staging whose time has come and of which nothing became yet.
SELECT
    i.intent_id, i.decision_id, i.cycle_id, i.trace_id, i.policy_key, i.policy_version, i.action_key, i.user_id, i.channel,
    i.decided_at, i.expires_at, 0
FROM intents AS i
WHERE i.not_before <= $now AND NOT EXISTS (SELECT 1 FROM fct_messages AS m WHERE m.message_id = i.intent_id)
ORDER BY i.not_before, i.intent_id
LIMIT $most
