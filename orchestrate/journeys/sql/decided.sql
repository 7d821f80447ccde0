-- What cycles decided on the messages that were due: chosen by any cycle, or else the latest reason.
CREATE OR REPLACE TEMP TABLE jr_decided AS
SELECT run_id, ts, reason_code, intent_id
FROM (
    SELECT
        r.run_id, o.offered_at AS ts, d.reason_code, i.intent_id,
        ROW_NUMBER() OVER (PARTITION BY r.run_id ORDER BY d.reason_code = 'SELECTED' DESC, o.offered_at DESC) AS place
    FROM jr_moving r
    JOIN journey_offers o ON o.run_id = r.run_id AND o.step = r.step AND o.offered_at <= $as_of
        AND (r.offered_at IS NULL OR o.offered_at > r.offered_at)
    JOIN decisions d ON d.decided_at = o.offered_at AND d.policy_key = o.policy_key AND d.action_key = o.action_key
        AND d.user_id = o.user_id
    LEFT JOIN intents i ON i.decision_id = d.decision_id
    WHERE r.phase = 'due'
) ranked
WHERE place = 1;

UPDATE jr_runs SET
    offered_at = d.ts, reason_code = d.reason_code, changed = TRUE,
    intent_id = COALESCE(d.intent_id, jr_runs.intent_id),
    phase = CASE
        WHEN d.reason_code = 'SELECTED' THEN 'sending'
        WHEN d.reason_code IN (SELECT unnest($not_now)) OR d.reason_code IN (SELECT unnest($held_out)) THEN 'due'
        WHEN d.reason_code IN (SELECT unnest($no_way)) THEN 'unreachable'
        ELSE 'held'
    END,
    exit_reason = CASE WHEN d.reason_code IN (SELECT unnest($held_out)) THEN 'HELD_OUT' END,
    exited_at = CASE WHEN d.reason_code IN (SELECT unnest($held_out)) THEN d.ts END
FROM jr_decided d
WHERE d.run_id = jr_runs.run_id;
