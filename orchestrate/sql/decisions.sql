-- The candidates of a chunk that passed eligibility.
INSERT INTO decisions (
    decision_id, cycle_id, user_id, decided_at, policy_key, policy_version, action_key, channel, outcome, reason_code, ghost
)
SELECT
    md5($cycle_id || '/' || c.policy_key || '/' || c.action_key || '/' || r.user_id), $cycle_id, r.user_id, $as_of,
    c.policy_key, c.policy_version, c.action_key, w.channel, o.outcome, o.reason_code, r.ghost
FROM chunk_rows r
JOIN candidates c ON c.number = r.number
JOIN ways w ON w.number = r.number AND w.place = r.place
JOIN reasons o ON o.reason = r.reason
