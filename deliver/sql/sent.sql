-- One row per message that left; a message that is known is not written twice. When it was delivered is known where it stays on
-- this machine; elsewhere the provider tells.
INSERT INTO fct_messages
WITH given AS (
    SELECT
        unnest($message_ids) AS message_id, unnest($user_ids) AS user_id, unnest($channels) AS channel,
        unnest($action_keys) AS action_key, unnest($policy_keys) AS policy_key, unnest($decision_ids) AS decision_id,
        unnest($sent_ats) AS sent_at, unnest($delivered_ats) AS delivered_at
)
SELECT
    g.message_id, g.user_id, g.channel, g.action_key, g.policy_key, g.decision_id,
    g.action_key || '-' || strftime(g.sent_at, '%Y-%m'), g.sent_at, g.delivered_at, NULL, NULL, NULL
FROM given g
WHERE NOT EXISTS (SELECT 1 FROM fct_messages m WHERE m.message_id = g.message_id AND m.sent_at >= $since);
