-- The users of a chunk, each with its place and the place of its zone in the tick's list; after them those who were merged
-- into one of them, at that one's place. Here as in all that is read of a chunk, the ids between its first and its last
-- come before any join: what is read of ten million users then costs each chunk only its share.
CREATE OR REPLACE TEMP TABLE chunk_users AS
WITH own AS (
    SELECT a.place, a.user_id, n.zone, TRUE AS own
    FROM chunk_arrays a
    LEFT JOIN (SELECT * FROM zones_of_users WHERE CAST(user_id AS VARCHAR) BETWEEN $first AND $last) AS z ON z.user_id = a.user_id
    LEFT JOIN zone_places n ON n.timezone = COALESCE(z.timezone, '')
)
FROM own
UNION ALL
SELECT o.place, f.user_id, o.zone, FALSE FROM former_ids f JOIN own o ON o.user_id = f.person
