-- What some users did in a journey that is tried.
SELECT run_id, user_id, entry_key, entered_at, exited_at
FROM staging.journey_runs
WHERE journey_key = $key AND user_id IN (SELECT unnest($users))
