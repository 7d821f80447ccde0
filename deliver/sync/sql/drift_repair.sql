DELETE FROM synced_profiles
WHERE sync = $sync AND user_id IN (SELECT user_id FROM sync_drift WHERE kind <> 'extra')
