-- What resolution found, in names: the rows of the part that was resolved.
CREATE OR REPLACE TEMP TABLE whose AS
WITH ranked AS (
    -- Only people with too many identifiers are put in order: those of their own first, then as they were first seen.
    SELECT f.node_id, ROW_NUMBER() OVER (PARTITION BY f.owner_id ORDER BY f.reason > 1, n.first_seen, n.kind, n.value) AS place
    FROM found f JOIN part_nodes n ON n.node_id = f.node_id WHERE f.crowded
)
SELECT f.node_id, f.owner_id, f.reason, COALESCE(r.place > $ids_per_person AND f.reason > 1, FALSE) AS refused
FROM found f LEFT JOIN ranked r ON r.node_id = f.node_id
WHERE f.owner_id >= 0;

CREATE OR REPLACE TEMP TABLE new_map AS
SELECT n.kind, n.value, o.value AS user_id,
    CASE WHEN w.reason > 1 THEN ['single_owner_device', 'email', 'email_capture', 'same_device'][w.reason - 1]
        WHEN w.node_id = w.owner_id THEN 'itself' WHEN a.node_id IS NOT NULL THEN 'alias' ELSE 'merge_rule' END AS reason,
    n.first_seen AS valid_from, CAST(NULL AS TIMESTAMP) AS valid_to, n.node_id
FROM whose w
JOIN part_nodes n ON n.node_id = w.node_id
JOIN part_nodes o ON o.node_id = w.owner_id AND o.kind = 'user_id'
LEFT JOIN (SELECT a AS node_id FROM strong WHERE NOT ruled UNION SELECT b FROM strong WHERE NOT ruled) a ON a.node_id = w.node_id
ANTI JOIN claims c ON c.email_id = w.node_id
WHERE NOT w.refused;

INSERT INTO new_map
SELECT n.kind, n.value, o.value, 'email', MAKE_TIMESTAMP(c.starts), CASE WHEN c.ends < 9223372036854775807 THEN MAKE_TIMESTAMP(c.ends) END, n.node_id
FROM claims c
JOIN part_nodes n ON n.node_id = c.email_id
JOIN part_nodes o ON o.node_id = c.owner_id
ANTI JOIN whose w ON w.node_id = c.email_id AND w.refused
WHERE NOT c.disputed;
