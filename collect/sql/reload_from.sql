-- The first line to load again; NULL when no request was received that late.
CREATE TABLE reloaded.reload_from AS
SELECT CASE WHEN $since IS NULL THEN 0 ELSE MIN(l.request_id) END AS first
FROM main.ingest_ledger l
WHERE l.received_at >= CAST($since AS TIMESTAMP);
