-- Messages that were really sent, but for those in whose place staging sends its own.
SELECT m.*
FROM seen AS m
LEFT JOIN keys_decided AS k ON k.policy_key = m.policy_key
WHERE (k.since IS NULL OR m.sent_at < k.since)
    AND (m.decision_id IS NULL OR m.decision_id NOT IN (SELECT decision_id FROM decisions_replaced))
    AND (k.policy_key IS NULL OR NOT EXISTS (
        SELECT 1 FROM live.decisions AS d WHERE d.cycle_id = $live_cycle AND d.decision_id = m.decision_id
    ))
