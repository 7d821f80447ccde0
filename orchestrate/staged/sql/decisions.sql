-- The past in which staging is in force: real decisions but those it stands for or makes itself, and its own.
SELECT
    d.decision_id, d.cycle_id, d.user_id, d.decided_at, d.policy_key, d.policy_version, d.action_key, d.channel, d.outcome,
    d.reason_code, d.ghost
FROM live.decisions AS d
LEFT JOIN keys_decided AS k ON k.policy_key = d.policy_key
WHERE (k.policy_key IS NULL OR d.cycle_id <> $live_cycle) AND (k.since IS NULL OR d.decided_at < k.since)
    AND d.decision_id NOT IN (SELECT decision_id FROM decisions_replaced)
UNION ALL
SELECT
    d.decision_id, d.cycle_id, d.user_id, d.decided_at, d.policy_key, d.policy_version, d.action_key, d.channel, d.outcome,
    d.reason_code, d.ghost
FROM own.decisions AS d
JOIN keys_decided AS k ON k.policy_key = d.policy_key AND d.decided_at >= k.since
