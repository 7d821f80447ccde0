-- Whoever was taken out is not kept, unless the tool did not do it: then it is not asked again.
INSERT INTO synced_profiles
SELECT $sync, t.user_id, c.after, t.problem, $now
FROM (SELECT UNNEST($user_ids::VARCHAR[]) AS user_id, UNNEST($problems::VARCHAR[]) AS problem) t
JOIN sync_changes c ON c.sync = $sync AND c.user_id = t.user_id
WHERE c.after IS NOT NULL OR t.problem IS NOT NULL
