-- What providers would report about the messages of the selected: most arrive, a third are opened.
UPDATE fct_messages
SET
    delivered_at = seen.delivered_at,
    opened_at = CASE WHEN seen.interest < 0.34 THEN seen.delivered_at + seen.delay END,
    clicked_at = CASE WHEN seen.interest < 0.12 THEN seen.delivered_at + seen.delay + INTERVAL 25 SECOND END
FROM (
    SELECT
        m.message_id, coalesce(m.delivered_at, m.sent_at + INTERVAL 8 SECOND) AS delivered_at,
        (hash(r.key, 'interest') >> 11) * (1.0 / 9007199254740992.0) AS interest,
        to_seconds(CAST(60 + hash(r.key, 'delay') % 40000 AS BIGINT)) AS delay
    FROM fct_messages m JOIN reacting r ON r.user_id = m.user_id
    WHERE m.policy_key = $policy_key AND (CAST($action_key AS VARCHAR) IS NULL OR m.action_key = $action_key)
        AND m.sent_at >= $after AND m.failed_reason IS NULL AND m.opened_at IS NULL
) AS seen
WHERE seen.message_id = fct_messages.message_id;
