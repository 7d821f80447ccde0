-- The canonical user of an id, by the latest edge.
SELECT user_id FROM identity_map WHERE kind = $kind AND value = $value ORDER BY valid_from DESC NULLS LAST LIMIT 1
