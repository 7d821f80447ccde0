-- For this connection only: which ids stand for nobody.
CREATE OR REPLACE TEMP TABLE junk_ids AS SELECT UNNEST($junk_ids) AS id;
CREATE OR REPLACE TEMP MACRO stands_for_nobody(id) AS
    REGEXP_FULL_MATCH(id, '[0-]*') OR TRIM(LOWER(id), '"'' ') IN (SELECT j.id FROM junk_ids j);

-- Each combination of identifiers that the new events show, once; email and device come from where SDKs put them.
CREATE OR REPLACE TEMP TABLE together AS
WITH told AS (
    SELECT message_id, event_time, user_id, anonymous_id, CASE WHEN type = 'alias' THEN previous_id END AS previous_id,
        LOWER(TRIM(COALESCE(traits ->> '$.email', context ->> '$.traits.email'))) AS email, context ->> '$.device.id' AS device_id
    FROM raw_events
    WHERE $since IS NULL OR seq > $since
)
SELECT user_id, anonymous_id, previous_id, email, device_id,
    MIN(event_time) AS first_seen, MAX(event_time) AS last_seen, MIN({'at': event_time, 'message_id': message_id}) AS first, COUNT(*) AS events
FROM told
GROUP BY ALL;

-- Every identifier of them; a previous id is a user id that was seen in passing.
CREATE OR REPLACE TEMP TABLE sighted AS
WITH carried AS (
    SELECT 'user_id' AS kind, user_id AS value, first_seen, events FROM together
    UNION ALL SELECT 'anonymous_id', anonymous_id, first_seen, events FROM together
    UNION ALL SELECT 'email', email, first_seen, events FROM together
    UNION ALL SELECT 'device_id', device_id, first_seen, events FROM together
    UNION ALL SELECT 'user_id', previous_id, first_seen, 0 FROM together
)
SELECT kind, value, MIN(first_seen) AS first_seen, CAST(SUM(events) AS BIGINT) AS events,
    stands_for_nobody(value) OR (kind = 'email' AND NOT REGEXP_FULL_MATCH(value, '[^@\s]+@[^@\s]+')) AS ignored
FROM carried
WHERE value IS NOT NULL
GROUP BY kind, value;

-- What is ignored is counted: here, and by the loader where it has left such an id out already.
CREATE OR REPLACE TEMP TABLE passed_over AS
WITH found AS (
    SELECT kind, value, events FROM sighted WHERE ignored
    UNION ALL
    SELECT 'id', UNNEST(STRING_SPLIT(ignored_ids, ', ')), 1 FROM raw_events
    WHERE ignored_ids IS NOT NULL AND ($since IS NULL OR seq > $since)
)
SELECT kind, value, CAST(SUM(events) AS BIGINT) AS events FROM found GROUP BY kind, value;
UPDATE identity_ignored SET events = identity_ignored.events + p.events
FROM passed_over p WHERE p.kind = identity_ignored.kind AND p.value = identity_ignored.value;
INSERT INTO identity_ignored
SELECT p.kind, p.value, p.events FROM passed_over p ANTI JOIN identity_ignored i ON i.kind = p.kind AND i.value = p.value;

-- Numbers for identifiers: once given they stay. They are looked for by a number made of the text, and the few
-- rows found are compared by text: joining by the texts of all would cost four times as much.
CREATE OR REPLACE TEMP TABLE keyed AS
SELECT kind, value, first_seen, events, MD5_NUMBER_LOWER(kind || ':' || value) AS key FROM sighted WHERE NOT ignored;
CREATE OR REPLACE TEMP TABLE likely AS
SELECT n.kind, n.value, n.key, n.node_id, n.component FROM identity_nodes n SEMI JOIN keyed k ON k.key = n.key;
CREATE OR REPLACE TEMP TABLE known AS
WITH found AS (
    SELECT k.*, l.node_id, l.component FROM keyed k LEFT JOIN likely l ON l.key = k.key AND l.kind = k.kind AND l.value = k.value
)
SELECT kind, value, first_seen, events, key, component, node_id IS NULL AS is_new,
    COALESCE(node_id, (SELECT COALESCE(MAX(node_id), -1) FROM identity_nodes)
        + ROW_NUMBER() OVER (PARTITION BY node_id IS NULL ORDER BY kind, value)) AS node_id
FROM found;
UPDATE identity_nodes SET first_seen = LEAST(identity_nodes.first_seen, k.first_seen), events = identity_nodes.events + k.events
FROM known k WHERE k.node_id = identity_nodes.node_id AND NOT k.is_new;
INSERT INTO identity_nodes
SELECT node_id, kind, value, first_seen, events, key, NULL FROM known WHERE is_new ORDER BY node_id;

CREATE OR REPLACE TEMP TABLE linked AS
WITH named AS (
    SELECT 'signed_in' AS kind, 'anonymous_id' AS a_kind, anonymous_id AS a_value, 'user_id' AS b_kind, user_id AS b_value, t.* FROM together t
    UNION ALL SELECT 'email', 'user_id', user_id, 'email', email, t.* FROM together t
    UNION ALL SELECT 'email_capture', 'anonymous_id', anonymous_id, 'email', email, t.* FROM together t
        WHERE user_id IS NULL OR stands_for_nobody(user_id)
    UNION ALL SELECT 'device', 'device_id', device_id, 'anonymous_id', anonymous_id, t.* FROM together t
    UNION ALL SELECT 'device', 'device_id', device_id, 'user_id', user_id, t.* FROM together t
        WHERE anonymous_id IS NULL OR stands_for_nobody(anonymous_id)
    UNION ALL SELECT 'alias', 'user_id', user_id, 'user_id', previous_id, t.* FROM together t
)
SELECT a.node_id AS a, b.node_id AS b, n.kind, MIN(n.first_seen) AS first_seen, MAX(n.last_seen) AS last_seen,
    MIN(n.first) AS first, CAST(SUM(n.events) AS BIGINT) AS events
FROM named n
JOIN known a ON a.kind = n.a_kind AND a.value = n.a_value
JOIN known b ON b.kind = n.b_kind AND b.value = n.b_value
WHERE a.node_id <> b.node_id
GROUP BY a.node_id, b.node_id, n.kind;

-- A previous id may be a device's: SDKs alias an anonymous id too. Both readings are tied, resolution decides.
INSERT INTO linked
WITH previous AS (
    SELECT DISTINCT b AS node_id FROM linked WHERE kind = 'alias'
    UNION
    SELECT p.node_id FROM known d
    JOIN identity_nodes p ON p.key = MD5_NUMBER_LOWER('user_id:' || d.value) AND p.kind = 'user_id' AND p.value = d.value
    SEMI JOIN identity_edges e ON e.b = p.node_id AND e.kind = 'alias'
    WHERE d.is_new AND d.kind = 'anonymous_id'
)
SELECT p.node_id, d.node_id, 'same_value', NULL, NULL, NULL, 0
FROM previous v
JOIN identity_nodes p ON p.node_id = v.node_id
JOIN identity_nodes d ON d.key = MD5_NUMBER_LOWER('anonymous_id:' || p.value) AND d.kind = 'anonymous_id' AND d.value = p.value;

CREATE OR REPLACE TEMP TABLE met_before AS
SELECT e.a, e.b, e.kind FROM identity_edges e SEMI JOIN linked l ON l.a = e.a AND l.b = e.b AND l.kind = e.kind;
UPDATE identity_edges SET
    message_id = CASE WHEN l.first < {'at': identity_edges.first_seen, 'message_id': identity_edges.message_id} THEN l.first.message_id
        ELSE identity_edges.message_id END,
    first_seen = LEAST(identity_edges.first_seen, l.first_seen), last_seen = GREATEST(identity_edges.last_seen, l.last_seen),
    events = identity_edges.events + l.events
FROM linked l WHERE l.a = identity_edges.a AND l.b = identity_edges.b AND l.kind = identity_edges.kind;
INSERT INTO identity_edges
SELECT l.a, l.b, l.kind, l.first_seen, l.first.message_id, l.events, l.last_seen
FROM linked l ANTI JOIN met_before m ON m.a = l.a AND m.b = l.b AND m.kind = l.kind
ORDER BY l.a, l.b, l.kind;
