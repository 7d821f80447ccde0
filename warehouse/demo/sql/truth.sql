-- What is true about this world: the planted cause, and what the upgrade nudge really did to those it was decided for.
WITH decided AS (
    -- Each user's first decision that is a week old: what happened within seven days of it.
    SELECT d.user_id, d.outcome, min(d.decided_at) AS decided_at, p.ordinal FROM new_decisions d JOIN people p ON p.user_id = d.user_id CROSS JOIN world w
    WHERE d.action_key = 'upgrade_nudge' AND d.outcome IN ('selected', 'held_out') AND d.decided_at < w.as_of - INTERVAL 7 DAY
    GROUP BY d.user_id, d.outcome, p.ordinal
),
paid AS (
    SELECT d.user_id, d.outcome,
        max(CASE WHEN a.depth = 5 AND NOT a.from_message THEN 1 ELSE 0 END) AS anyway,
        max(CASE WHEN a.depth = 5 THEN 1 ELSE 0 END) AS after_all
    FROM decided d LEFT JOIN attempts a ON a.ordinal = d.ordinal AND a.attempt_at >= d.decided_at AND a.attempt_at < d.decided_at + INTERVAL 7 DAY
    GROUP BY d.user_id, d.outcome
)
SELECT
    w.scenario, w.kind, w.segment, w.step, w.dimension, w.value, w.effect,
    CASE WHEN w.kind IN ('release_regression', 'tracking_break') THEN w.as_of - INTERVAL 8 DAY + INTERVAL 10 HOUR
        WHEN w.kind <> 'none' THEN w.cause_at END AS starts_at,
    w.as_of,
    (SELECT avg(anyway) FROM paid) AS upgrade_base_rate,
    (SELECT avg(after_all - anyway) FROM paid WHERE outcome = 'selected') AS upgrade_lift
FROM world w;
