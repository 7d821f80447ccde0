-- Messages of runs under way that were stopped right before they would have been written.
SELECT m.message_id, m.failed_reason, m.sent_at
FROM fct_messages AS m
JOIN staging.journey_runs AS r ON r.intent_id = m.message_id
WHERE r.exit_reason IS NULL AND r.phase = 'sending' AND m.failed_reason IS NOT NULL
