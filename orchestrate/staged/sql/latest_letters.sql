-- The newest letters of what is tried, of each action one after the other.
WITH tried AS (
    SELECT unnest(CAST($keys AS VARCHAR[])) AS policy_key, unnest(CAST($since AS TIMESTAMP[])) AS since
)
SELECT m.message_id, m.user_id, m.channel, m.action_key, m.policy_key, m.sent_at
FROM staging.fct_messages AS m
JOIN staging.intents AS i ON i.intent_id = m.message_id
JOIN tried AS t ON t.policy_key = m.policy_key AND i.decided_at >= t.since
WHERE m.failed_reason IS NULL
ORDER BY ROW_NUMBER() OVER (PARTITION BY m.policy_key, m.action_key ORDER BY m.sent_at DESC, m.message_id), m.policy_key, m.action_key
LIMIT $most
