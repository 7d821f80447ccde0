-- Runs as a look left them: those that began, unless they are there, and those that changed.
CREATE OR REPLACE TEMP TABLE runs_given AS
SELECT
    unnest(CAST($run_id AS VARCHAR[])) AS run_id, unnest(CAST($journey_key AS VARCHAR[])) AS journey_key,
    unnest(CAST($version AS INTEGER[])) AS version, unnest(CAST($user_id AS VARCHAR[])) AS user_id,
    unnest(CAST($entered_as AS VARCHAR[])) AS entered_as, unnest(CAST($entry_key AS VARCHAR[])) AS entry_key,
    unnest(CAST($entered_at AS TIMESTAMP[])) AS entered_at, unnest(CAST($step AS VARCHAR[])) AS step,
    unnest(CAST($step_at AS TIMESTAMP[])) AS step_at, unnest(CAST($phase AS VARCHAR[])) AS phase,
    unnest(CAST($offered_at AS TIMESTAMP[])) AS offered_at, unnest(CAST($reason_code AS VARCHAR[])) AS reason_code,
    unnest(CAST($intent_id AS VARCHAR[])) AS intent_id, unnest(CAST($exit_reason AS VARCHAR[])) AS exit_reason,
    unnest(CAST($exited_at AS TIMESTAMP[])) AS exited_at;

DELETE FROM staging.journey_runs WHERE run_id IN (SELECT run_id FROM runs_given);

INSERT INTO staging.journey_runs
SELECT g.*
FROM runs_given AS g
WHERE NOT EXISTS (
    SELECT 1 FROM staging.journey_runs AS r
    WHERE r.journey_key = g.journey_key AND r.entered_as = g.entered_as AND r.entry_key = g.entry_key
);

-- What was chosen for a run that has ended, and is not written yet, is not written any more.
INSERT INTO fct_messages
SELECT
    i.intent_id, i.user_id, i.channel, i.action_key, i.policy_key, i.decision_id, NULL, $now, NULL, NULL, NULL, 'STOPPED'
FROM runs_given AS g
JOIN intents AS i ON i.intent_id = g.intent_id
WHERE g.exit_reason IS NOT NULL AND g.phase = 'sending'
    AND NOT EXISTS (SELECT 1 FROM fct_messages AS m WHERE m.message_id = i.intent_id);
