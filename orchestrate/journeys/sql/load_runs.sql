-- Runs under way, as the control store has them.
INSERT INTO jr_runs
SELECT
    unnest(CAST($run_id AS VARCHAR[])), unnest(CAST($journey_key AS VARCHAR[])), unnest(CAST($version AS INTEGER[])),
    unnest(CAST($user_id AS VARCHAR[])), unnest(CAST($entered_as AS VARCHAR[])), unnest(CAST($entry_key AS VARCHAR[])),
    unnest(CAST($entered_at AS TIMESTAMP[])), unnest(CAST($step AS VARCHAR[])), unnest(CAST($step_at AS TIMESTAMP[])),
    unnest(CAST($phase AS VARCHAR[])), unnest(CAST($offered_at AS TIMESTAMP[])), unnest(CAST($reason_code AS VARCHAR[])),
    unnest(CAST($intent_id AS VARCHAR[])), unnest(CAST($exit_reason AS VARCHAR[])), unnest(CAST($exited_at AS TIMESTAMP[])),
    FALSE, FALSE, 0;
