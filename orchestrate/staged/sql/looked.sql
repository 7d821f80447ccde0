-- How far a journey was looked at.
UPDATE staging.journey_ticks SET ticked_at = $ticked_at, since = $since WHERE journey_key = $journey_key
