-- Runs of before, of users who may enter; those that this tick has in hand are as the tick has left them.
DELETE FROM jr_earlier;

INSERT INTO jr_earlier
SELECT
    unnest(CAST($run_id AS VARCHAR[])), unnest(CAST($user_id AS VARCHAR[])), unnest(CAST($entry_key AS VARCHAR[])),
    unnest(CAST($entered_at AS TIMESTAMP[])), unnest(CAST($exited_at AS TIMESTAMP[]));

DELETE FROM jr_earlier WHERE run_id IN (SELECT run_id FROM jr_runs);

INSERT INTO jr_earlier
SELECT run_id, user_id, entry_key, entered_at, exited_at FROM jr_runs WHERE journey_key = $journey_key;
