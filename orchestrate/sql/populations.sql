-- The last cycles that decided for whole populations, newest first; those of single users and of journeys count none.
SELECT cycle_id, json_extract(report, '$.populations') AS populations
FROM cycles
WHERE json_extract_string(report, '$.populations') <> '{}'
ORDER BY decided_at DESC, cycle_id
LIMIT 50
