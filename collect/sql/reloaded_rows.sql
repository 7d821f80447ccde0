SELECT 'raw_events' AS table_name, (SELECT COUNT(*) FROM main.raw_events) AS before, (SELECT COUNT(*) FROM reloaded.raw_events) AS after
UNION ALL
SELECT 'dead_letters', (SELECT COUNT(*) FROM main.dead_letters), (SELECT COUNT(*) FROM reloaded.dead_letters)
ORDER BY table_name
