-- The runs under way of some journeys.
SELECT
    run_id, journey_key, version, user_id, entered_as, entry_key, entered_at, step, step_at, phase, offered_at, reason_code, intent_id,
    exit_reason, exited_at
FROM staging.journey_runs
WHERE exit_reason IS NULL AND journey_key IN (SELECT unnest($keys))
