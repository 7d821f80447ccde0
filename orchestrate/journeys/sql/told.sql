-- The messages of some runs: what was decided on each step last, how often, and what became of the message.
SELECT run_id, step, action_key, channel, decided_at, reason_code, decisions, intent_id, not_before, sent_at, opened_at, failed_reason
FROM (
    SELECT
        o.run_id, o.step, o.action_key, d.channel, d.decided_at, d.reason_code, i.intent_id, i.not_before, m.sent_at,
        m.opened_at, m.failed_reason, COUNT(*) OVER (PARTITION BY o.run_id, o.step) AS decisions,
        ROW_NUMBER() OVER (
            PARTITION BY o.run_id, o.step ORDER BY d.reason_code = 'SELECTED' DESC, o.offered_at DESC
        ) AS place
    FROM journey_offers o
    JOIN decisions d ON d.decided_at = o.offered_at AND d.policy_key = o.policy_key AND d.action_key = o.action_key
        AND d.user_id = o.user_id
    LEFT JOIN intents i ON i.decision_id = d.decision_id
    LEFT JOIN fct_messages m ON m.message_id = i.intent_id
    WHERE o.run_id IN (SELECT unnest($runs)) AND o.offered_at <= $moment
) latest
WHERE place = 1
ORDER BY decided_at, step
