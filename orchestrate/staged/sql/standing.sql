-- How many runs of each journey that is tried are where.
SELECT journey_key, step, exit_reason, COUNT(*) AS runs
FROM staging.journey_runs
GROUP BY journey_key, step, exit_reason
ORDER BY journey_key, step, exit_reason NULLS FIRST
