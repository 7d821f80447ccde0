-- Runs whose message asks for its turn at a moment, of one user or of everybody.
SELECT
    run_id, journey_key, version, user_id, entered_as, entry_key, entered_at, step, step_at, phase, offered_at, reason_code, intent_id,
    exit_reason, exited_at
FROM staging.journey_runs
WHERE exit_reason IS NULL AND phase = 'due' AND step_at <= $as_of AND ($user IS NULL OR user_id = $user)
