-- One wave: where every run that can go on goes next, and when that really was.
CREATE OR REPLACE TEMP TABLE jr_moves AS
WITH here AS (
    SELECT
        r.run_id, r.user_id, r.entry_key, r.step_at, r.phase, r.offered_at, s.journey_key, s.version, s.step, s.kind, s.seconds,
        s.clock, s.days, s.trigger_id, s.expires_seconds, s.if_held_back, s.next, s.on_unreachable, s.on_failed, s.salt,
        COALESCE(z.zone, s.fallback_zone) AS zone
    FROM jr_moving r
    JOIN jr_steps s ON s.journey_key = r.journey_key AND s.version = r.version AND s.step = r.step
    LEFT JOIN jr_zones z ON z.user_id = r.user_id
    WHERE r.wave = $wave
),
on_the_clock AS (
    SELECT h.run_id, MIN(c.ts) AS ends
    FROM here h
    JOIN jr_days d ON d.zone = h.zone AND h.step_at >= d.starts_at AND h.step_at < d.ends_at
    JOIN jr_clocks c ON c.zone = h.zone AND c.clock = h.clock AND c.ts >= h.step_at AND c.day >= d.day + h.days
    WHERE h.clock IS NOT NULL
    GROUP BY h.run_id
),
waiting AS (
    SELECT h.*, COALESCE(h.step_at + to_seconds(h.seconds), c.ends) AS ends
    FROM here h
    LEFT JOIN on_the_clock c ON c.run_id = h.run_id
    WHERE h.kind IN ('wait', 'handoff')
),
events AS (
    SELECT w.run_id, MIN(e.ts) AS ts
    FROM waiting w
    JOIN jr_happened e ON e.trigger_id = w.trigger_id AND e.user_id = w.user_id AND e.ts > w.step_at
        AND (e.ts < w.ends OR w.ends IS NULL) AND e.ts <= $as_of AND (e.key_value IS NULL OR e.key_value = w.entry_key)
    GROUP BY w.run_id
),
waits AS (
    SELECT
        w.run_id, w.journey_key, w.version, w.step, COALESCE(e.ts, w.ends) AS ts,
        CASE WHEN w.trigger_id IS NULL OR e.ts IS NOT NULL THEN 'next' ELSE 'timeout' END AS outcome
    FROM waiting w
    LEFT JOIN events e ON e.run_id = w.run_id
    WHERE w.kind = 'wait'
),
receipts AS (
    SELECT run_id, 1 AS position, 'failed' AS outcome, failed_at AS ts FROM jr_receipts
    UNION ALL SELECT run_id, 2, 'opened', opened_at FROM jr_receipts
    UNION ALL SELECT run_id, 3, 'delivered', delivered_at FROM jr_receipts
),
handed AS (
    SELECT w.run_id, w.journey_key, w.version, w.step, greatest(r.ts, w.step_at) AS ts, r.outcome, r.position
    FROM waiting w
    JOIN receipts r ON r.run_id = w.run_id AND r.ts < w.ends AND r.ts <= $as_of
    JOIN jr_edges e ON e.journey_key = w.journey_key AND e.version = w.version AND e.step = w.step AND e.outcome = r.outcome
    WHERE w.kind = 'handoff'
    UNION ALL
    SELECT run_id, journey_key, version, step, ends, 'timeout', 4 FROM waiting WHERE kind = 'handoff'
),
handoffs AS (
    SELECT run_id, journey_key, version, step, ts, outcome
    FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY run_id ORDER BY ts, position) AS place FROM handed) ordered
    WHERE place = 1
),
branched AS (
    SELECT
        h.run_id, h.step_at AS ts, e.target,
        ROW_NUMBER() OVER (PARTITION BY h.run_id ORDER BY e.position) AS place
    FROM here h
    JOIN jr_edges e ON e.journey_key = h.journey_key AND e.version = h.version AND e.step = h.step
    LEFT JOIN jr_truths t ON t.truth_id = e.truth_id AND t.run_id = h.run_id
    WHERE h.kind = 'branch' AND (e.outcome = 'otherwise' OR t.run_id IS NOT NULL)
),
messages AS (
    SELECT
        h.run_id,
        CASE
            WHEN h.phase = 'sending' THEN COALESCE(r.sent_at, r.unreachable_at, r.failed_at)
            WHEN h.phase = 'unreachable' AND h.on_unreachable IS NOT NULL THEN h.offered_at
            WHEN h.phase IN ('held', 'unreachable') AND h.if_held_back <> 'retry' THEN h.offered_at
            ELSE h.step_at + to_seconds(h.expires_seconds)
        END AS ts,
        CASE
            WHEN h.phase = 'sending' AND r.sent_at IS NOT NULL THEN h.next
            WHEN h.phase = 'sending' AND r.unreachable_at IS NOT NULL AND h.on_unreachable IS NOT NULL THEN h.on_unreachable
            WHEN h.phase = 'sending' AND r.unreachable_at IS NULL AND h.on_failed IS NOT NULL THEN h.on_failed
            WHEN h.phase = 'unreachable' AND h.on_unreachable IS NOT NULL THEN h.on_unreachable
            WHEN h.if_held_back = 'next' THEN h.next
        END AS target,
        CASE
            WHEN h.phase = 'sending' AND r.unreachable_at IS NOT NULL THEN 'UNREACHABLE'
            WHEN h.phase = 'sending' THEN 'FAILED'
            WHEN h.phase IN ('held', 'unreachable') AND h.if_held_back <> 'retry' THEN upper(h.phase)
            ELSE 'EXPIRED'
        END AS reason
    FROM here h
    LEFT JOIN jr_receipts r ON r.run_id = h.run_id
    WHERE h.kind = 'message'
),
moving AS (
    SELECT o.run_id, o.ts, e.target, CAST(NULL AS VARCHAR) AS reason
    FROM (SELECT * FROM waits UNION ALL SELECT * FROM handoffs) o
    JOIN jr_edges e ON e.journey_key = o.journey_key AND e.version = o.version AND e.step = o.step AND e.outcome = o.outcome
    UNION ALL
    SELECT run_id, ts, target, NULL FROM branched WHERE place = 1
    UNION ALL
    SELECT h.run_id, h.step_at, e.target, NULL
    FROM here h
    JOIN jr_edges e ON e.journey_key = h.journey_key AND e.version = h.version AND e.step = h.step
    WHERE h.kind = 'split' AND left(md5(h.salt || ':' || h.user_id), 8) >= e.low
        AND (e.high IS NULL OR left(md5(h.salt || ':' || h.user_id), 8) < e.high)
    UNION ALL
    SELECT run_id, ts, target, reason FROM messages
)
SELECT m.run_id, m.ts, m.target, m.reason
FROM moving m
LEFT JOIN jr_stop_at s ON s.run_id = m.run_id
WHERE m.ts <= $as_of AND (s.ts IS NULL OR m.ts < s.ts);

UPDATE jr_runs SET
    step = COALESCE(m.target, jr_runs.step), step_at = CASE WHEN m.target IS NULL THEN jr_runs.step_at ELSE m.ts END,
    phase = CASE WHEN m.target IS NULL THEN jr_runs.phase ELSE 'here' END,
    exit_reason = CASE WHEN m.target IS NULL THEN m.reason END, exited_at = CASE WHEN m.target IS NULL THEN m.ts END,
    changed = TRUE, wave = $wave + 1
FROM jr_moves m
WHERE m.run_id = jr_runs.run_id;

UPDATE jr_runs SET exit_reason = upper(s.exit_reason), exited_at = jr_runs.step_at
FROM jr_steps s
WHERE s.journey_key = jr_runs.journey_key AND s.version = jr_runs.version AND s.step = jr_runs.step AND s.kind = 'exit'
    AND jr_runs.exit_reason IS NULL;
