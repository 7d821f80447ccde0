-- The users of a chunk, each with its place and the place of its zone in the tick's list; after them those who were merged
-- into one of them, at that one's place.
CREATE OR REPLACE TEMP TABLE chunk_users AS
WITH own AS (
    SELECT a.place, a.user_id, n.zone, TRUE AS own
    FROM chunk_arrays a
    LEFT JOIN zones_of_users z ON z.user_id = a.user_id
    LEFT JOIN zone_places n ON n.timezone = COALESCE(z.timezone, '')
)
FROM own
UNION ALL
SELECT o.place, f.user_id, o.zone, FALSE FROM former_ids f JOIN own o ON o.user_id = f.person
