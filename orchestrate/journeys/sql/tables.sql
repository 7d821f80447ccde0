-- The empty inputs of one tick, as this connection's own tables. Times are naive UTC.
CREATE OR REPLACE TEMP TABLE jr_runs (
    run_id VARCHAR, journey_key VARCHAR, version INTEGER, user_id VARCHAR, entered_as VARCHAR, entry_key VARCHAR,
    entered_at TIMESTAMP, step VARCHAR, step_at TIMESTAMP, phase VARCHAR, offered_at TIMESTAMP, reason_code VARCHAR,
    intent_id VARCHAR, exit_reason VARCHAR, exited_at TIMESTAMP, fresh BOOLEAN, changed BOOLEAN, wave INTEGER
);
CREATE OR REPLACE TEMP TABLE jr_journeys (
    journey_key VARCHAR, version INTEGER, max_runtime_seconds BIGINT, seen_to TIMESTAMP
);
-- on_unreachable and on_failed: where the hand-off behind a message leads, if it lists that outcome.
CREATE OR REPLACE TEMP TABLE jr_steps (
    journey_key VARCHAR, version INTEGER, step VARCHAR, kind VARCHAR, seconds BIGINT, clock VARCHAR, days INTEGER,
    fallback_zone VARCHAR, trigger_id INTEGER, expires_seconds BIGINT, if_held_back VARCHAR, next VARCHAR,
    on_unreachable VARCHAR, on_failed VARCHAR, salt VARCHAR, exit_reason VARCHAR
);
CREATE OR REPLACE TEMP TABLE jr_edges (
    journey_key VARCHAR, version INTEGER, step VARCHAR, position INTEGER, outcome VARCHAR, target VARCHAR, low VARCHAR,
    high VARCHAR, truth_id INTEGER
);
CREATE OR REPLACE TEMP TABLE jr_stops (
    journey_key VARCHAR, version INTEGER, position INTEGER, reason VARCHAR, trigger_id INTEGER, truth_id INTEGER
);
CREATE OR REPLACE TEMP TABLE jr_happened (trigger_id INTEGER, user_id VARCHAR, ts TIMESTAMP, known_at TIMESTAMP, key_value VARCHAR);
CREATE OR REPLACE TEMP TABLE jr_ever (leaf INTEGER, run_id VARCHAR);
CREATE OR REPLACE TEMP TABLE jr_truths (truth_id INTEGER, run_id VARCHAR);
CREATE OR REPLACE TEMP TABLE jr_never_sent (intent_id VARCHAR, unreachable BOOLEAN, ts TIMESTAMP);
CREATE OR REPLACE TEMP TABLE jr_zones (user_id VARCHAR, zone VARCHAR);
CREATE OR REPLACE TEMP TABLE jr_days (zone VARCHAR, day DATE, starts_at TIMESTAMP, ends_at TIMESTAMP);
CREATE OR REPLACE TEMP TABLE jr_clocks (zone VARCHAR, day DATE, clock VARCHAR, ts TIMESTAMP);
CREATE OR REPLACE TEMP TABLE jr_entering (
    journey_key VARCHAR, user_id VARCHAR, ts TIMESTAMP, entry_key VARCHAR
);
CREATE OR REPLACE TEMP TABLE jr_audience (journey_key VARCHAR, user_id VARCHAR);
CREATE OR REPLACE TEMP TABLE jr_members (journey_key VARCHAR, user_id VARCHAR);
CREATE OR REPLACE TEMP TABLE jr_earlier (
    run_id VARCHAR, user_id VARCHAR, entry_key VARCHAR, entered_at TIMESTAMP, exited_at TIMESTAMP
);
-- RFC 4122, version 5, in the namespace for URLs: equal to Python's uuid5(NAMESPACE_URL, name).
CREATE OR REPLACE TEMP MACRO jr_uuid5(name) AS (
    SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-5' || substr(h, 14, 3) || '-'
        || translate(substr(h, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(h, 18, 3) || '-' || substr(h, 21, 12)
    FROM (SELECT sha1(unhex('6ba7b8119dad11d180b400c04fd430c8') || encode(name)) AS h)
);
