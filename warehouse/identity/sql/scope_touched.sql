-- What new events and changed rules touch, with everything that hangs together with it.
CREATE OR REPLACE TEMP TABLE ruled_anew AS
WITH changed AS (
    (FROM identity_rules EXCEPT FROM identity_applied) UNION ALL (FROM identity_applied EXCEPT FROM identity_rules)
),
-- A rule may have waited for an identifier that nobody had seen.
met AS (
    SELECT r.* FROM identity_rules r JOIN known k ON k.is_new AND (k.kind = r.a_kind AND k.value = r.a_value OR k.kind = r.b_kind AND k.value = r.b_value)
),
judged AS (
    FROM changed UNION ALL FROM met
)
SELECT a_kind AS kind, a_value AS value FROM judged UNION SELECT b_kind, b_value FROM judged;
CREATE OR REPLACE TEMP TABLE touched_nodes AS
WITH components AS (
    SELECT component FROM known WHERE NOT is_new
    UNION
    -- A device and the previous id of the same text: new events need to show only one of the two.
    SELECT n.component FROM linked l JOIN identity_nodes n ON n.node_id = l.a WHERE l.kind = 'same_value'
    UNION
    SELECT n.component FROM linked l JOIN identity_nodes n ON n.node_id = l.b WHERE l.kind = 'same_value'
    UNION
    SELECT n.component FROM ruled_anew r JOIN identity_nodes n ON n.key = MD5_NUMBER_LOWER(r.kind || ':' || r.value) AND n.kind = r.kind AND n.value = r.value
)
SELECT n.node_id, n.kind, n.value, n.first_seen, n.events, n.component FROM identity_nodes n SEMI JOIN components c ON c.component = n.component
UNION ALL
SELECT node_id, kind, value, first_seen, events, NULL FROM known WHERE is_new;
-- Reading message ids of all of them would cost as much again, and only those of aliases are asked for.
CREATE OR REPLACE TEMP TABLE touched_edges AS
SELECT e.a, e.b, e.kind, e.first_seen, e.last_seen, e.rowid AS place FROM identity_edges e SEMI JOIN touched_nodes n ON n.node_id = e.a;
CREATE OR REPLACE TEMP TABLE touched_aliases AS
SELECT e.a, e.b, e.first_seen, e.message_id FROM identity_edges e WHERE e.rowid IN (SELECT place FROM touched_edges WHERE kind = 'alias');
CREATE OR REPLACE TEMP VIEW part_nodes AS SELECT * FROM touched_nodes;
CREATE OR REPLACE TEMP VIEW part_edges AS SELECT * FROM touched_edges;
CREATE OR REPLACE TEMP VIEW part_aliases AS SELECT * FROM touched_aliases;
