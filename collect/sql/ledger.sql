CREATE OR REPLACE TEMP TABLE balance AS
SELECT a.request_id, MIN(a.source_id) AS source_id, MIN(a.received_at) AS received_at, MIN(a.request_events) AS received,
    COUNT(*) FILTER (WHERE j.verdict IS NULL) AS stored,
    COUNT(*) FILTER (WHERE j.verdict = 'duplicate') AS duplicate,
    COUNT(*) FILTER (WHERE j.verdict = 'dead_letter') AS dead_letter,
    COUNT(*) FILTER (WHERE j.verdict = 'suppressed') AS suppressed
FROM slice a LEFT JOIN rejects j ON j.seq = a.seq
GROUP BY a.request_id
