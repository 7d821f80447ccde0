-- What became of the last message of every run, as far as it is known.
CREATE OR REPLACE TEMP TABLE jr_receipts AS
SELECT
    r.run_id,
    MIN(m.sent_at) AS sent_at,
    MIN(CASE WHEN m.delivered_at <= $as_of THEN m.delivered_at END) AS delivered_at,
    MIN(CASE WHEN m.opened_at <= $as_of THEN m.opened_at END) AS opened_at,
    MIN(CASE WHEN m.failed_reason IS NOT NULL THEN m.sent_at WHEN NOT n.unreachable THEN n.ts END) AS failed_at,
    MIN(CASE WHEN n.unreachable THEN n.ts END) AS unreachable_at
FROM jr_moving r
LEFT JOIN fct_messages m ON m.message_id = r.intent_id AND m.sent_at <= $as_of
LEFT JOIN jr_never_sent n ON n.intent_id = r.intent_id AND n.ts <= $as_of
WHERE r.intent_id IS NOT NULL AND (m.message_id IS NOT NULL OR n.intent_id IS NOT NULL)
GROUP BY r.run_id;
