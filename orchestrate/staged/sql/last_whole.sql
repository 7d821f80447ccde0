-- The last cycle of staging that decided on rules, and whether live rules were decided on at the same moment.
SELECT s.report, EXISTS (SELECT 1 FROM main.cycles AS c WHERE c.decided_at = s.decided_at) AS has_live
FROM staging.cycles AS s
WHERE s.report LIKE '%"populations":{"%'
ORDER BY s.decided_at DESC, s.rowid DESC
LIMIT 1
