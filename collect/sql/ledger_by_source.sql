SELECT source_id, COUNT(*) AS requests, CAST(SUM(received) AS BIGINT) AS received, CAST(SUM(stored) AS BIGINT) AS stored,
    CAST(SUM(duplicate) AS BIGINT) AS duplicate, CAST(SUM(dead_letter) AS BIGINT) AS dead_letter, CAST(SUM(suppressed) AS BIGINT) AS suppressed
FROM ingest_ledger
GROUP BY source_id
ORDER BY source_id
