-- How long after their newest event users were decided on alone (not by a cycle), over a span.
WITH decided AS (
    SELECT DISTINCT d.user_id, d.decided_at
    FROM decisions d
    LEFT JOIN cycles c ON c.cycle_id = d.cycle_id
    WHERE c.cycle_id IS NULL AND d.decided_at >= :since
),
waited AS (
    SELECT d.user_id, d.decided_at, MAX(e.received_at) AS received_at
    FROM decided d
    JOIN fct_events e ON e.user_id = d.user_id AND e.received_at <= d.decided_at
    WHERE e.received_at >= :since
    GROUP BY d.user_id, d.decided_at
)
SELECT COUNT(*), QUANTILE_CONT(EPOCH(decided_at - received_at), 0.95) FROM waited
