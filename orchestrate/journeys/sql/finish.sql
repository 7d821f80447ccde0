-- What ends a run ends it now; whoever stands at a message asks for its turn.
UPDATE jr_runs SET exit_reason = s.reason, exited_at = s.ts, changed = TRUE
FROM jr_stop_at s
WHERE s.run_id = jr_runs.run_id AND jr_runs.exit_reason IS NULL;

UPDATE jr_runs SET phase = 'due', changed = TRUE
FROM jr_steps s
WHERE s.journey_key = jr_runs.journey_key AND s.version = jr_runs.version AND s.step = jr_runs.step AND s.kind = 'message'
    AND jr_runs.exit_reason IS NULL AND jr_runs.phase IN ('here', 'held', 'unreachable');
