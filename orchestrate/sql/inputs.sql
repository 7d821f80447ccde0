-- The empty inputs of one cycle, as this connection's own tables; stages.py fills them.
CREATE OR REPLACE TEMP TABLE cycle (
    cycle_id VARCHAR, trace_id VARCHAR, as_of TIMESTAMP, min_gap_seconds BIGINT, global_salt VARCHAR, global_end VARCHAR,
    global_held_out BOOLEAN
);
CREATE OR REPLACE TEMP TABLE plan (
    policy_key VARCHAR, policy_version INTEGER, is_rule BOOLEAN, k INTEGER, cooldown_seconds BIGINT, held_out BOOLEAN,
    holdout_salt VARCHAR, holdout_end VARCHAR, stale BOOLEAN, action_key VARCHAR, tier INTEGER, position INTEGER,
    message_class VARCHAR, exclusion_group VARCHAR, expires_after_seconds BIGINT, repeats BOOLEAN,
    killed BOOLEAN
);
CREATE OR REPLACE TEMP TABLE plan_channels (
    policy_key VARCHAR, action_key VARCHAR, place INTEGER, channel VARCHAR, purpose VARCHAR, needs_address BOOLEAN, killed BOOLEAN
);
CREATE OR REPLACE TEMP TABLE plan_outcomes (
    policy_key VARCHAR, action_key VARCHAR, scope VARCHAR, outcome VARCHAR, n INTEGER, window_seconds BIGINT, pause_seconds BIGINT
);
CREATE OR REPLACE TEMP TABLE plan_caps (
    cap_key VARCHAR, n INTEGER, window_seconds BIGINT, message_class VARCHAR, channel VARCHAR
);
CREATE OR REPLACE TEMP TABLE action_classes (action_key VARCHAR, message_class VARCHAR, exclusion_group VARCHAR);
CREATE OR REPLACE TEMP TABLE released (decision_id VARCHAR);
CREATE OR REPLACE TEMP TABLE zones (timezone VARCHAR, ready_at TIMESTAMP);
CREATE OR REPLACE TEMP TABLE addresses (channel VARCHAR, user_id VARCHAR);
CREATE OR REPLACE TEMP TABLE flags (
    policy_key VARCHAR, action_key VARCHAR, user_id VARCHAR, score DOUBLE, eligible BOOLEAN, applicable BOOLEAN,
    suppressed BOOLEAN, stopped BOOLEAN
);
-- RFC 4122, version 5, in the DNS namespace's sibling for URLs: equal to Python's uuid5(NAMESPACE_URL, name).
CREATE OR REPLACE TEMP MACRO uuid5(name) AS (
    SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-5' || substr(h, 14, 3) || '-'
        || translate(substr(h, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(h, 18, 3) || '-' || substr(h, 21, 12)
    FROM (SELECT sha1(unhex('6ba7b8119dad11d180b400c04fd430c8') || encode(name)) AS h)
);
