UPDATE ingest_ledger SET stored = stored - gone.lines, suppressed = suppressed + gone.lines
FROM (
    SELECT l.request_id, COUNT(*) AS lines
    FROM ingest_ledger l JOIN forgotten_lines f ON f.seq >= l.request_id AND f.seq < l.request_id + l.received
    GROUP BY l.request_id
) gone
WHERE ingest_ledger.request_id = gone.request_id
