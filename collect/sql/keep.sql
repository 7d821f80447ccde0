-- What stays, with the names and types of the plan; names that are new to an event come in the plan's order.
CREATE OR REPLACE TEMP TABLE patches AS
SELECT seq, CAST('{' || STRING_AGG(TO_JSON(name) || ':' || value, ',' ORDER BY place) || '}' AS JSON) AS patch FROM changes GROUP BY seq;
-- In one go, and by one thread: two would each fill less than a row group, which is written twice then. DuckDB runs whatever a ROW_NUMBER() OVER () is
-- part of on a single thread; WHERE s.place > 0, true of every row, keeps it from leaving out a number that nothing reads.
INSERT INTO raw_events BY NAME
SELECT s.* EXCLUDE (place) REPLACE (CASE WHEN p.seq IS NULL THEN s.properties ELSE JSON_MERGE_PATCH(s.properties, p.patch) END AS properties),
    COALESCE(n.event_name, s.sent_name) AS event_name, GETVARIABLE('plan_version') AS plan_version
FROM (SELECT * EXCLUDE (place), ROW_NUMBER() OVER () AS place FROM slice) s
ANTI JOIN rejects j ON j.seq = s.seq
LEFT JOIN patches p ON p.seq = s.seq
LEFT JOIN (SELECT sent_name, event_name, 'track' AS type FROM planned_names WHERE sent_name <> event_name) n
    ON n.sent_name = s.sent_name AND n.type = s.type
WHERE s.place > 0
