-- Runs of journeys that are tried. `placed` says as what a journey was put into staging: as another it begins anew.
CREATE TABLE IF NOT EXISTS staging.journey_runs (
    run_id VARCHAR, journey_key VARCHAR, version INTEGER, user_id VARCHAR, entered_as VARCHAR, entry_key VARCHAR,
    entered_at TIMESTAMP, step VARCHAR, step_at TIMESTAMP, phase VARCHAR, offered_at TIMESTAMP, reason_code VARCHAR,
    intent_id VARCHAR, exit_reason VARCHAR, exited_at TIMESTAMP
);
CREATE TABLE IF NOT EXISTS staging.journey_members (journey_key VARCHAR, user_id VARCHAR);
CREATE TABLE IF NOT EXISTS staging.journey_ticks (journey_key VARCHAR, placed VARCHAR, ticked_at TIMESTAMP, since TIMESTAMP);
