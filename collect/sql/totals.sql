-- A request that came apart, or an event without exactly one verdict, makes a request uneven.
SELECT
    COUNT(*) FILTER (WHERE received <> stored + duplicate + dead_letter + suppressed) AS uneven,
    COUNT(*), CAST(COALESCE(SUM(received), 0) AS BIGINT), CAST(COALESCE(SUM(stored), 0) AS BIGINT), CAST(COALESCE(SUM(duplicate), 0) AS BIGINT),
    CAST(COALESCE(SUM(dead_letter), 0) AS BIGINT), CAST(COALESCE(SUM(suppressed), 0) AS BIGINT)
FROM balance
