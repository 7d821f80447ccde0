SELECT a, b, EPOCH_US(first_seen) AS first, EPOCH_US(last_seen) AS last FROM part_edges WHERE kind = $kind
