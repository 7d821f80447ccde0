-- How long after their newest event users were decided on alone (not by a cycle), week by week: 50 and 95 of 100.
WITH alone AS (
    SELECT r.cycle_id FROM record_cycles AS r LEFT JOIN cycles AS c ON c.cycle_id = r.cycle_id WHERE c.cycle_id IS NULL
),
decided AS (
    SELECT DISTINCT w.week, d.user_id, d.decided_at
    FROM decisions AS d
    JOIN alone AS a ON a.cycle_id = d.cycle_id
    JOIN weeks AS w ON d.decided_at >= w.starts AND d.decided_at < w.ends
),
waited AS (
    SELECT d.week, d.user_id, d.decided_at, MAX(e.received_at) AS received_at
    FROM decided AS d
    JOIN fct_events AS e ON e.user_id = d.user_id AND e.received_at <= d.decided_at
    GROUP BY d.week, d.user_id, d.decided_at
)
SELECT
    week, COUNT(*) AS decisions,
    QUANTILE_CONT(EPOCH(decided_at - received_at), 0.5) AS half,
    QUANTILE_CONT(EPOCH(decided_at - received_at), 0.95) AS most
FROM waited
GROUP BY week
ORDER BY week
