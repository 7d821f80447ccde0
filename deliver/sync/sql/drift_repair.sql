-- What was told stays known: whoever withdraws before the next run is still to be taken out.
UPDATE synced_profiles SET problem = 'drifted'
WHERE sync = $sync AND user_id IN (SELECT user_id FROM sync_drift WHERE kind <> 'extra')
