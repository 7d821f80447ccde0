-- What a cycle leaves behind. `decisions` is the contracted table; the others are for records and reconciling.
CREATE TABLE IF NOT EXISTS decisions (
    decision_id VARCHAR, cycle_id VARCHAR, user_id VARCHAR, decided_at TIMESTAMP, policy_key VARCHAR,
    policy_version INTEGER, action_key VARCHAR, channel VARCHAR, outcome VARCHAR, reason_code VARCHAR, ghost BOOLEAN
);
CREATE TABLE IF NOT EXISTS fct_messages (
    message_id VARCHAR, user_id VARCHAR, channel VARCHAR, action_key VARCHAR, policy_key VARCHAR, decision_id VARCHAR,
    campaign VARCHAR, sent_at TIMESTAMP, delivered_at TIMESTAMP, opened_at TIMESTAMP, clicked_at TIMESTAMP, failed_reason VARCHAR
);
-- One row per user of the population and candidate, whatever stopped it.
CREATE TABLE IF NOT EXISTS decision_records (
    cycle_id VARCHAR, user_id VARCHAR, policy_key VARCHAR, policy_version INTEGER, action_key VARCHAR, tier INTEGER,
    score DOUBLE, reason_code VARCHAR, eligible BOOLEAN, applicable BOOLEAN, suppressed BOOLEAN, stopped BOOLEAN
);
-- One row per selected decision: what the outbox must hold.
CREATE TABLE IF NOT EXISTS intents (
    intent_id VARCHAR, decision_id VARCHAR, cycle_id VARCHAR, trace_id VARCHAR, policy_key VARCHAR, policy_version INTEGER,
    action_key VARCHAR, user_id VARCHAR, channel VARCHAR, decided_at TIMESTAMP, not_before TIMESTAMP, expires_at TIMESTAMP
);
-- The messages that runs of journeys have due: candidates of the cycle at that moment, each an occasion of its own.
CREATE TABLE IF NOT EXISTS journey_offers (
    offered_at TIMESTAMP, policy_key VARCHAR, action_key VARCHAR, user_id VARCHAR, run_id VARCHAR, step VARCHAR, occasion VARCHAR
);
CREATE TABLE IF NOT EXISTS cycles (cycle_id VARCHAR, trace_id VARCHAR, decided_at TIMESTAMP, report VARCHAR);
