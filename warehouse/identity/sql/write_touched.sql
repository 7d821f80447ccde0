-- Only what differs is written. What changed is left for whoever builds on it.
CREATE OR REPLACE TEMP TABLE old_map AS
SELECT m.node_id, m.user_id, m.reason, m.valid_from, m.valid_to FROM identity_map m SEMI JOIN part_nodes n ON n.node_id = m.node_id;
CREATE OR REPLACE TEMP TABLE changed_ids AS
WITH differing AS (
    SELECT COALESCE(o.node_id, n.node_id) AS node_id, COALESCE(o.valid_from, n.valid_from) AS valid_from
    FROM old_map o FULL JOIN new_map n ON n.node_id = o.node_id AND n.user_id = o.user_id AND n.valid_from = o.valid_from
    WHERE o.node_id IS NULL OR n.node_id IS NULL OR n.reason <> o.reason OR n.valid_to IS DISTINCT FROM o.valid_to
)
SELECT n.kind, n.value, n.node_id, MIN(d.valid_from) AS since FROM differing d JOIN part_nodes n ON n.node_id = d.node_id
GROUP BY n.kind, n.value, n.node_id;
DELETE FROM identity_map WHERE node_id IN (SELECT node_id FROM changed_ids);
INSERT INTO identity_map
SELECT m.* FROM new_map m SEMI JOIN changed_ids c ON c.node_id = m.node_id ORDER BY m.node_id, m.valid_from;
DELETE FROM identity_conflicts WHERE node_id IN (SELECT node_id FROM part_nodes);
INSERT INTO identity_conflicts SELECT * FROM new_conflicts ORDER BY conflict_id;
CREATE OR REPLACE TEMP TABLE moved_nodes AS
SELECT f.node_id, f.component FROM found f JOIN part_nodes n ON n.node_id = f.node_id WHERE n.component IS DISTINCT FROM f.component;
UPDATE identity_nodes SET component = m.component FROM moved_nodes m WHERE m.node_id = identity_nodes.node_id;
DELETE FROM identity_applied;
INSERT INTO identity_applied SELECT * FROM identity_rules;
