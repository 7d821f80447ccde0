-- Everything that is one person's; shared says that it is, or was, another's as well.
SELECT m.kind, m.value, m.reason, m.valid_from, m.valid_to,
    EXISTS (SELECT 1 FROM identity_map o WHERE o.node_id = m.node_id AND o.user_id <> m.user_id) AS shared
FROM identity_map m
WHERE m.user_id = $user_id
ORDER BY CASE m.kind WHEN 'user_id' THEN 0 WHEN 'email' THEN 1 WHEN 'anonymous_id' THEN 2 ELSE 3 END, m.valid_from, m.value
