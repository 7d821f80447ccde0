-- What is not loaded again stands here as it stands in the live tables.
BEGIN;
INSERT INTO reloaded.raw_events BY NAME
SELECT e.* FROM main.raw_events e CROSS JOIN reloaded.reload_from s WHERE e.seq IS NULL OR s.first IS NULL OR e.seq < s.first;
INSERT INTO reloaded.dead_letters BY NAME
SELECT d.* FROM main.dead_letters d CROSS JOIN reloaded.reload_from s WHERE d.seq IS NULL OR s.first IS NULL OR d.seq < s.first;
INSERT INTO reloaded.ingest_ledger BY NAME
SELECT l.* FROM main.ingest_ledger l CROSS JOIN reloaded.reload_from s WHERE s.first IS NULL OR l.request_id < s.first;
COMMIT;
