-- What became of every candidate of one user in a cycle. A slot moves when its message is put off; what was decided does not.
SELECT r.policy_key, r.policy_version, r.action_key, r.reason_code, COALESCE(d.ghost, FALSE) AS ghost, d.channel,
    COALESCE(i.not_before, s.counts_at) AS not_before
FROM decision_records r
LEFT JOIN decisions d ON d.cycle_id = r.cycle_id AND d.user_id = r.user_id AND d.policy_key = r.policy_key AND d.action_key = r.action_key
LEFT JOIN slots s ON s.decision_id = d.decision_id
LEFT JOIN intents i ON i.decision_id = d.decision_id
WHERE r.cycle_id = $cycle_id AND r.user_id = $user_id
ORDER BY r.policy_key, r.action_key
