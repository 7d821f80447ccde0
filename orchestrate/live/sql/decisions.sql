-- The candidates that passed eligibility, each with the moment at which its user was decided on.
INSERT INTO decisions (
    decision_id, cycle_id, user_id, decided_at, policy_key, policy_version, action_key, channel, outcome, reason_code, ghost
)
SELECT
    r.decision_id, r.cycle_id, r.user_id, make_timestamp(r.at), r.policy_key, r.policy_version, r.action_key, r.channel,
    r.outcome, r.reason_code, r.ghost
FROM decision_rows r
