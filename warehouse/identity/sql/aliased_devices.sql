-- An alias of a device's id is a sign-in on that device.
SELECT s.b AS a, e.a AS b FROM part_edges e JOIN part_edges s ON s.a = e.b AND s.kind = 'same_value' WHERE e.kind = 'alias'
