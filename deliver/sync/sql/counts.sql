SELECT
    COUNT(*) FILTER (WHERE before IS NULL AND after IS NOT NULL) AS added,
    COUNT(*) FILTER (WHERE before IS NOT NULL AND after IS NOT NULL) AS changed,
    COUNT(*) FILTER (WHERE after IS NULL) AS removed
FROM sync_changes WHERE sync = $sync
