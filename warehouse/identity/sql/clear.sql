-- Nothing is known any more, but for what people ruled.
DELETE FROM identity_nodes;
DELETE FROM identity_edges;
DELETE FROM identity_ignored;
DELETE FROM identity_state;
DELETE FROM identity_applied;
