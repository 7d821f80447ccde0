-- What a cycle leaves behind. `decisions` is the contracted table; the others are for records and reconciling.
CREATE TABLE IF NOT EXISTS decisions (
    decision_id VARCHAR, cycle_id VARCHAR, user_id VARCHAR, decided_at TIMESTAMP, policy_key VARCHAR,
    policy_version INTEGER, action_key VARCHAR, channel VARCHAR, outcome VARCHAR, reason_code VARCHAR, ghost BOOLEAN
);
CREATE TABLE IF NOT EXISTS fct_messages (
    message_id VARCHAR, user_id VARCHAR, channel VARCHAR, action_key VARCHAR, policy_key VARCHAR, decision_id VARCHAR,
    campaign VARCHAR, sent_at TIMESTAMP, delivered_at TIMESTAMP, opened_at TIMESTAMP, clicked_at TIMESTAMP, failed_reason VARCHAR
);
-- One row per decision that took a place under the caps, ghosts included: when it counts, and the offer it brings.
CREATE TABLE IF NOT EXISTS slots (
    decision_id VARCHAR, cycle_id VARCHAR, user_id VARCHAR, counts_at TIMESTAMP, ghost BOOLEAN, offer_terms VARCHAR,
    offer_from TIMESTAMP, offer_until TIMESTAMP
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
-- One cycle is decided at a time: whoever writes here first has the turn until it commits.
CREATE TABLE IF NOT EXISTS cycle_turn (taken_by VARCHAR);
CREATE TABLE IF NOT EXISTS cycles (cycle_id VARCHAR, trace_id VARCHAR, decided_at TIMESTAMP, report VARCHAR);
-- What decisions were made from, kept in bits and blobs a chunk of users at a time: `decision_records` reads a reason for
-- every user and candidate out of it, and a replay decides anew. The list of users is kept once for all equal chunks.
CREATE TABLE IF NOT EXISTS record_cycles (cycle_id VARCHAR, rules VARCHAR);
CREATE TABLE IF NOT EXISTS record_candidates (
    cycle_id VARCHAR, number INTEGER, policy_key VARCHAR, policy_version INTEGER, action_key VARCHAR, tier INTEGER,
    population VARCHAR, eligible VARCHAR, early INTEGER
);
CREATE TABLE IF NOT EXISTS record_chunks (cycle_id VARCHAR, chunk INTEGER, roster VARCHAR, users INTEGER, state BLOB);
CREATE TABLE IF NOT EXISTS record_users (roster VARCHAR, place INTEGER, user_id VARCHAR);
CREATE TABLE IF NOT EXISTS record_bits (cycle_id VARCHAR, chunk INTEGER, name VARCHAR, bits BIT);
CREATE TABLE IF NOT EXISTS record_early (cycle_id VARCHAR, chunk INTEGER, early INTEGER, reason_code VARCHAR, bits BIT);
