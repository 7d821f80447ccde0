-- What stays, with the names and types of the plan; names that are new to an event come in the plan's order.
CREATE OR REPLACE TEMP TABLE patches AS
SELECT seq, CAST('{' || STRING_AGG(TO_JSON(name) || ':' || value, ',' ORDER BY place) || '}' AS JSON) AS patch FROM changes GROUP BY seq;
-- In one go: into an empty table or by the hundred thousand, rows are packed as they come and never written twice.
INSERT INTO raw_events BY NAME
SELECT s.* REPLACE (
    COALESCE(n.event_name, s.event_name) AS event_name,
    CASE WHEN p.seq IS NULL THEN s.properties ELSE JSON_MERGE_PATCH(s.properties, p.patch) END AS properties)
FROM slice s
ANTI JOIN rejects j ON j.seq = s.seq
LEFT JOIN patches p ON p.seq = s.seq
LEFT JOIN (SELECT sent_name, event_name, 'track' AS type FROM planned_names WHERE sent_name <> event_name) n
    ON n.sent_name = s.sent_name AND n.type = s.type
