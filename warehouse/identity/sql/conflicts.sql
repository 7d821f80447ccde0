-- What a person has to decide, each with the evidence; what a person has ruled about already is settled.
CREATE OR REPLACE TEMP TABLE new_conflicts AS
WITH disputes AS (
    SELECT c.*, e.value AS email, o.value AS claimant,
        ROW_NUMBER() OVER (PARTITION BY c.email_id ORDER BY c.starts, o.value) AS place,
        FIRST_VALUE(c.owner_id) OVER (PARTITION BY c.email_id ORDER BY c.starts, o.value) AS holder_id,
        FIRST_VALUE(o.value) OVER (PARTITION BY c.email_id ORDER BY c.starts, o.value) AS holder
    FROM claims c JOIN part_nodes e ON e.node_id = c.email_id JOIN part_nodes o ON o.node_id = c.owner_id WHERE c.disputed
),
kept_apart AS (
    SELECT a.owner_id AS one, b.owner_id AS other FROM rulings r JOIN whose a ON a.node_id = r.a JOIN whose b ON b.node_id = r.b WHERE r.action = 'block'
),
emails AS (
    SELECT 'shared_email' AS kind, 'user_id:' || d.holder AS a, 'user_id:' || d.claimant AS b,
        JSON_OBJECT('email', d.email, 'since', MAKE_TIMESTAMP(d.starts)) AS evidence, MAKE_TIMESTAMP(d.starts) AS seen_at,
        EXISTS (SELECT 1 FROM kept_apart k WHERE (k.one = d.holder_id AND k.other = d.owner_id) OR (k.one = d.owner_id AND k.other = d.holder_id)) AS settled,
        d.email_id AS node_id
    FROM disputes d WHERE d.place > 1
),
devices AS (
    SELECT 'ambiguous_email', 'anonymous_id:' || n.value, 'user_id:' || o.value,
        JSON_OBJECT('emails', (SELECT LIST(e.value ORDER BY e.value) FROM part_edges g JOIN part_nodes e ON e.node_id = g.b
            WHERE g.a = n.node_id AND g.kind = 'email_capture')), n.first_seen, FALSE, n.node_id
    FROM ambiguous x JOIN part_nodes n ON n.node_id = x.device_id JOIN part_nodes o ON o.node_id = x.owner_id
),
crowded AS (
    SELECT 'over_limit', 'user_id:' || o.value, n.kind || ':' || n.value,
        JSON_OBJECT('limit', $ids_per_person, 'first_seen', n.first_seen, 'events', n.events), n.first_seen, FALSE, n.node_id
    FROM whose w JOIN part_nodes n ON n.node_id = w.node_id JOIN part_nodes o ON o.node_id = w.owner_id WHERE w.refused
),
unmerged AS (
    SELECT 'over_limit', 'user_id:' || a.value, 'user_id:' || b.value,
        JSON_OBJECT('limit', $user_ids_per_person, 'alias', s.id, 'seen_at', s.moment), s.moment, FALSE, a.node_id
    FROM refused f JOIN strong s ON s.a = f.a AND s.b = f.b JOIN part_nodes a ON a.node_id = s.a JOIN part_nodes b ON b.node_id = s.b
),
every AS (
    FROM emails UNION ALL FROM devices UNION ALL FROM crowded UNION ALL FROM unmerged
)
SELECT 'c' || LEFT(MD5(kind || '|' || a || '|' || b || '|' || COALESCE(evidence ->> '$.email', '')), 12) AS conflict_id, kind, a, b,
    CAST(evidence AS JSON) AS evidence, seen_at, CASE WHEN settled THEN 'settled' ELSE 'open' END AS state, node_id
FROM every;
