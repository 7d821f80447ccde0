-- Only what differs is written. What changed is left for whoever builds on it.
CREATE OR REPLACE TEMP TABLE old_map AS SELECT m.* FROM identity_map m SEMI JOIN part_nodes n ON n.node_id = m.node_id;
CREATE OR REPLACE TEMP TABLE changed_ids AS
SELECT kind, value, node_id, MIN(valid_from) AS since FROM (
    (FROM old_map EXCEPT FROM new_map) UNION ALL (FROM new_map EXCEPT FROM old_map))
GROUP BY kind, value, node_id;
DELETE FROM identity_map WHERE node_id IN (SELECT node_id FROM changed_ids);
INSERT INTO identity_map
SELECT m.* FROM new_map m SEMI JOIN changed_ids c ON c.node_id = m.node_id ORDER BY m.node_id, m.valid_from;
DELETE FROM identity_conflicts WHERE node_id IN (SELECT node_id FROM part_nodes);
INSERT INTO identity_conflicts SELECT * FROM new_conflicts ORDER BY conflict_id;
UPDATE identity_nodes SET component = f.component
FROM found f WHERE f.node_id = identity_nodes.node_id AND identity_nodes.component IS DISTINCT FROM f.component;
DELETE FROM identity_applied;
INSERT INTO identity_applied SELECT * FROM identity_rules;
