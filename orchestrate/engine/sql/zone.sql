-- The place of every user's zone in the tick's list.
SELECT u.place, n.zone
FROM chunk_users u
JOIN zones_of_users z ON z.user_id = u.user_id
JOIN zone_places n ON n.timezone = COALESCE(z.timezone, '')
