-- Runs of a journey that is tried, the newest entry first.
SELECT
    run_id, journey_key, version, user_id, entered_as, entry_key, entered_at, step, step_at, phase, offered_at, reason_code, intent_id,
    exit_reason, exited_at
FROM staging.journey_runs
WHERE journey_key = $key AND ($user IS NULL OR user_id = $user OR entered_as = $user)
ORDER BY entered_at DESC, run_id
LIMIT $limit
