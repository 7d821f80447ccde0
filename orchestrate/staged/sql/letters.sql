-- What became of the messages of what is tried, since it was staged: by policy and reason, NULL for those that were written.
WITH tried AS (
    SELECT unnest(CAST($keys AS VARCHAR[])) AS policy_key, unnest(CAST($since AS TIMESTAMP[])) AS since
)
SELECT i.policy_key, m.message_id IS NULL AS waits, m.failed_reason, COUNT(*) AS letters
FROM staging.intents AS i
JOIN tried AS t ON t.policy_key = i.policy_key AND i.decided_at >= t.since
LEFT JOIN staging.fct_messages AS m ON m.message_id = i.intent_id
GROUP BY i.policy_key, m.message_id IS NULL, m.failed_reason
ORDER BY i.policy_key, waits, m.failed_reason NULLS FIRST
