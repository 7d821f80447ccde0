-- What a pass decided for users who were asked about, and when what was selected may go out.
SELECT
    d.user_id, d.decision_id, d.policy_key AS policy, d.policy_version AS version, d.action_key AS action, d.channel, d.outcome,
    d.reason_code, i.not_before, i.expires_at
FROM decisions d
LEFT JOIN intents i ON i.decision_id = d.decision_id
WHERE d.cycle_id = $cycle_id
ORDER BY d.user_id, policy, action
