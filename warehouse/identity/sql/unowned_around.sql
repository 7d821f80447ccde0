-- Nobody's identifiers that hang together with this one: a visitor who never signed in.
WITH RECURSIVE
free AS (
    SELECT n.node_id, n.kind, n.value, n.first_seen FROM identity_nodes n ANTI JOIN identity_map m ON m.node_id = n.node_id
    WHERE n.component IN (SELECT component FROM identity_nodes WHERE value = $value AND ($kind IS NULL OR kind = $kind))
),
around AS (
    SELECT node_id FROM free WHERE value = $value AND ($kind IS NULL OR kind = $kind)
    UNION
    SELECT f.node_id FROM around a
    JOIN identity_edges e ON e.a = a.node_id OR e.b = a.node_id
    JOIN free f ON f.node_id = CASE WHEN e.a = a.node_id THEN e.b ELSE e.a END
)
SELECT f.kind, f.value, 'unowned', f.first_seen, CAST(NULL AS TIMESTAMP), FALSE FROM free f SEMI JOIN around a ON a.node_id = f.node_id
ORDER BY f.kind, f.value
