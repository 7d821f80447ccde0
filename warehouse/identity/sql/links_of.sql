-- What ties one person's identifiers together: what events showed, and what people ruled.
WITH mine AS (
    SELECT DISTINCT node_id, kind || ':' || value AS name FROM identity_map WHERE user_id = $user_id
),
aliased AS (
    SELECT s.b AS a, e.a AS b, e.kind, e.first_seen, e.message_id, e.events
    FROM identity_edges e JOIN identity_edges s ON s.a = e.b AND s.kind = 'same_value' SEMI JOIN mine m ON m.node_id = s.b WHERE e.kind = 'alias'
),
seen AS (
    SELECT a, b, kind, first_seen, message_id, events FROM identity_edges e SEMI JOIN mine m ON m.node_id = e.a WHERE kind <> 'same_value'
    UNION ALL FROM aliased
)
SELECT a.name, b.name, s.kind, s.first_seen, s.message_id, s.events FROM seen s JOIN mine a ON a.node_id = s.a JOIN mine b ON b.node_id = s.b
UNION ALL
SELECT a.name, b.name, 'merge_rule', r."at", r.rule_id, 0
FROM identity_rules r JOIN mine a ON a.name = r.a_kind || ':' || r.a_value JOIN mine b ON b.name = r.b_kind || ':' || r.b_value
WHERE r.action = 'merge'
ORDER BY 4, 1, 2, 3
