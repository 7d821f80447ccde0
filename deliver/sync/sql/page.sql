SELECT user_id, before, after FROM sync_changes
WHERE sync = $sync AND user_id > $last ORDER BY user_id LIMIT $most
