-- Everything was resolved: it replaces what was there.
DELETE FROM identity_map;
INSERT INTO identity_map SELECT * FROM new_map ORDER BY node_id, valid_from;
DELETE FROM identity_conflicts;
INSERT INTO identity_conflicts SELECT * FROM new_conflicts ORDER BY conflict_id;
UPDATE identity_nodes SET component = f.component FROM found f WHERE f.node_id = identity_nodes.node_id;
DELETE FROM identity_applied;
INSERT INTO identity_applied SELECT * FROM identity_rules;
