SELECT a, b FROM part_edges WHERE kind = $kind
