-- What became of messages of staging: written as letters, or stopped with a reason.
INSERT INTO fct_messages
WITH given AS (
    SELECT unnest($intent_ids) AS intent_id, unnest($reasons) AS reason
)
SELECT
    i.intent_id, i.user_id, i.channel, i.action_key, i.policy_key, i.decision_id, NULL, $now,
    CASE WHEN g.reason IS NULL THEN $now END, NULL, NULL, g.reason
FROM given AS g
JOIN intents AS i ON i.intent_id = g.intent_id
