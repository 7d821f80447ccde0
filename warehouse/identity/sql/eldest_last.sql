-- Several user ids of one person: the one seen first stands for all, by name where two were seen at once.
SELECT n.node_id FROM part_nodes n JOIN fused_users f ON f.node_id = n.node_id ORDER BY n.first_seen DESC, n.value DESC
