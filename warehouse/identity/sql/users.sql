SELECT n.node_id FROM part_nodes n ANTI JOIN no_users x ON x.node_id = n.node_id WHERE n.kind = 'user_id'
