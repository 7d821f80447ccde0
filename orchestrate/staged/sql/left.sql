-- Who left an entry audience.
DELETE FROM staging.journey_members AS m
USING (SELECT unnest(CAST($keys AS VARCHAR[])) AS journey_key, unnest(CAST($users AS VARCHAR[])) AS user_id) AS g
WHERE m.journey_key = g.journey_key AND m.user_id = g.user_id;
