-- New events, and earlier ones whose person has changed.
CREATE OR REPLACE TEMP TABLE moved AS
WITH changed AS (
    SELECT kind, value FROM changed_ids WHERE kind IN ('user_id', 'anonymous_id')
)
SELECT DISTINCT r.message_id FROM raw_events r
WHERE r.type = 'track' AND (r.seq IS NULL OR r.seq <= $since) AND r.event_time >= (SELECT MIN(since) FROM changed_ids)
    AND (r.user_id IN (SELECT value FROM changed WHERE kind = 'user_id') OR r.anonymous_id IN (SELECT value FROM changed WHERE kind = 'anonymous_id'));
INSERT INTO models.touched
SELECT DISTINCT user_id FROM fct_events
WHERE event_time >= (SELECT MIN(since) FROM changed_ids) AND message_id IN (SELECT message_id FROM moved);
DELETE FROM fct_events
WHERE event_time >= (SELECT MIN(since) FROM changed_ids) AND message_id IN (SELECT message_id FROM moved);
CREATE OR REPLACE TEMP TABLE due_rows AS
SELECT * FROM raw_events WHERE type = 'track' AND seq > $since
UNION ALL
SELECT r.* FROM raw_events r SEMI JOIN moved m ON m.message_id = r.message_id
WHERE r.type = 'track' AND (r.seq IS NULL OR r.seq <= $since) AND r.event_time >= (SELECT MIN(since) FROM changed_ids);
CREATE OR REPLACE TEMP VIEW due_events AS SELECT * FROM due_rows;
CREATE OR REPLACE TEMP TABLE told_rows AS SELECT * FROM raw_events WHERE seq > $since;
CREATE OR REPLACE TEMP VIEW told_events AS SELECT * FROM told_rows;
CREATE OR REPLACE TEMP VIEW told_ids AS SELECT kind, value, node_id FROM known;
CREATE OR REPLACE TEMP TABLE due_users AS
WITH people AS (
    SELECT m.user_id FROM identity_map m SEMI JOIN known k ON k.node_id = m.node_id
    UNION SELECT m.user_id FROM identity_map m SEMI JOIN changed_ids c ON c.node_id = m.node_id
    UNION SELECT user_id FROM old_map SEMI JOIN changed_ids c ON c.node_id = old_map.node_id
)
SELECT user_id FROM people
UNION SELECT m.value FROM identity_map m SEMI JOIN people p ON p.user_id = m.user_id WHERE m.kind = 'user_id'
UNION SELECT value FROM changed_ids WHERE kind = 'user_id';
