-- Everything is resolved.
CREATE OR REPLACE TEMP VIEW part_nodes AS SELECT * FROM identity_nodes;
CREATE OR REPLACE TEMP VIEW part_edges AS SELECT * FROM identity_edges;
CREATE OR REPLACE TEMP VIEW part_aliases AS SELECT a, b, first_seen, message_id FROM identity_edges WHERE kind = 'alias';
