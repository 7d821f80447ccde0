-- The users of a chunk, each with its place and the place of its zone in the tick's list.
CREATE OR REPLACE TEMP TABLE chunk_users AS
SELECT a.place, a.user_id, n.zone
FROM chunk_arrays a
LEFT JOIN zones_of_users z ON z.user_id = a.user_id
LEFT JOIN zone_places n ON n.timezone = COALESCE(z.timezone, '')
