SELECT kind, value, node_id FROM identity_nodes WHERE value = $value AND ($kind IS NULL OR kind = $kind) ORDER BY kind
