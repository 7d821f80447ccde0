-- Everything is resolved.
CREATE OR REPLACE TEMP VIEW part_nodes AS SELECT * FROM identity_nodes;
CREATE OR REPLACE TEMP VIEW part_edges AS SELECT * FROM identity_edges;
