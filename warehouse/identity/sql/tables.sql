-- What identity writes. Raw events may come from a load, an import or a generator: what is read of them must be there.
CREATE TABLE IF NOT EXISTS raw_events (
    message_id VARCHAR, type VARCHAR, event_name VARCHAR, user_id VARCHAR, anonymous_id VARCHAR, event_time TIMESTAMP,
    received_at TIMESTAMP, properties JSON, device_os VARCHAR, app_version VARCHAR
);
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS seq BIGINT;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS previous_id VARCHAR;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS ignored_ids VARCHAR;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS context JSON;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS traits JSON;

-- Whoever rewrites raw events adds a row.
CREATE TABLE IF NOT EXISTS raw_rewrites (rewritten_at TIMESTAMP);

-- An identifier as it was seen: key is a number made of kind and value, events counts those that carry it themselves.
CREATE TABLE IF NOT EXISTS identity_nodes (
    node_id BIGINT, kind VARCHAR, value VARCHAR, first_seen TIMESTAMP, events BIGINT, key UBIGINT, component BIGINT
);
-- Two identifiers that events show together: signed_in, email, email_capture, device, alias; same_value is bookkeeping.
CREATE TABLE IF NOT EXISTS identity_edges (
    a BIGINT, b BIGINT, kind VARCHAR, first_seen TIMESTAMP, message_id VARCHAR, events BIGINT, last_seen TIMESTAMP
);
CREATE TABLE IF NOT EXISTS identity_rules (
    rule_id VARCHAR, action VARCHAR, a_kind VARCHAR, a_value VARCHAR, b_kind VARCHAR, b_value VARCHAR,
    author VARCHAR, "at" TIMESTAMP, reason VARCHAR
);
CREATE TABLE IF NOT EXISTS identity_map (
    kind VARCHAR, value VARCHAR, user_id VARCHAR, reason VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP, node_id BIGINT
);
CREATE TABLE IF NOT EXISTS identity_conflicts (
    conflict_id VARCHAR, kind VARCHAR, a VARCHAR, b VARCHAR, evidence JSON, seen_at TIMESTAMP, state VARCHAR, node_id BIGINT
);
-- Ids that stand for nobody, as they were sent.
CREATE TABLE IF NOT EXISTS identity_ignored (kind VARCHAR, value VARCHAR, events BIGINT);
-- What the tables above were made of.
CREATE TABLE IF NOT EXISTS identity_state (seq BIGINT, sequenced BIGINT, unsequenced BIGINT, generation BIGINT, settings VARCHAR);
CREATE TABLE IF NOT EXISTS identity_applied (
    rule_id VARCHAR, action VARCHAR, a_kind VARCHAR, a_value VARCHAR, b_kind VARCHAR, b_value VARCHAR,
    author VARCHAR, "at" TIMESTAMP, reason VARCHAR
);
