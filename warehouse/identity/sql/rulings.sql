-- The few identifiers that rules name.
CREATE OR REPLACE TEMP TABLE ruled_nodes AS
SELECT n.node_id, n.kind, n.value, n.first_seen FROM part_nodes n
SEMI JOIN (SELECT a_kind AS kind, a_value AS value FROM identity_rules UNION SELECT b_kind, b_value FROM identity_rules) r
    ON r.kind = n.kind AND r.value = n.value;

-- What people last said about each pair of identifiers that events know; the elder of the two first.
CREATE OR REPLACE TEMP TABLE rulings AS
WITH pairs AS (
    SELECT r.*, LEAST(a_kind || ':' || a_value, b_kind || ':' || b_value) AS one, GREATEST(a_kind || ':' || a_value, b_kind || ':' || b_value) AS other
    FROM identity_rules r
),
latest AS (
    SELECT * FROM pairs QUALIFY ROW_NUMBER() OVER (PARTITION BY one, other ORDER BY "at" DESC, rule_id DESC) = 1
),
placed AS (
    SELECT l.rule_id, l.action, {'at': a.first_seen, 'id': l.a_kind || ':' || l.a_value} < {'at': b.first_seen, 'id': l.b_kind || ':' || l.b_value} AS in_order,
        a.node_id AS a, b.node_id AS b, l."at" AS ruled_at
    FROM latest l
    JOIN ruled_nodes a ON a.kind = l.a_kind AND a.value = l.a_value
    JOIN ruled_nodes b ON b.kind = l.b_kind AND b.value = l.b_value
)
SELECT rule_id, action, ruled_at, CASE WHEN in_order THEN a ELSE b END AS a, CASE WHEN in_order THEN b ELSE a END AS b FROM placed;

-- A previous id that is only a device's is no user, and its alias is a sign-in on that device.
CREATE OR REPLACE TEMP TABLE no_users AS
SELECT n.node_id FROM part_nodes n SEMI JOIN part_edges e ON e.a = n.node_id AND e.kind = 'same_value' WHERE n.events = 0;

-- Explicit links, in the order in which they count: what people ruled, then aliases as they happened.
CREATE OR REPLACE TEMP TABLE strong AS
WITH links AS (
    SELECT a, b, TRUE AS ruled, ruled_at AS moment, rule_id AS id FROM rulings WHERE action = 'merge'
    UNION ALL
    SELECT e.a, e.b, FALSE, e.first_seen, e.message_id FROM part_aliases e ANTI JOIN no_users x ON x.node_id = e.b
)
SELECT l.a, l.b, l.ruled, l.moment, l.id
FROM links l JOIN part_nodes a ON a.node_id = l.a JOIN part_nodes b ON b.node_id = l.b
ORDER BY l.ruled DESC, l.moment, a.value, b.value;
