-- What the outbox must hold.
INSERT INTO intents (
    intent_id, decision_id, cycle_id, trace_id, policy_key, policy_version, action_key, user_id, channel, decided_at, not_before,
    expires_at
)
SELECT
    r.intent_id, r.decision_id, r.cycle_id, r.trace_id, r.policy_key, r.policy_version, r.action_key, r.user_id, r.channel,
    make_timestamp(r.at), make_timestamp(r.ready), make_timestamp(r.expires)
FROM decision_rows r
WHERE r.intent_id IS NOT NULL
