-- Who joined an entry audience.
INSERT INTO staging.journey_members SELECT unnest(CAST($keys AS VARCHAR[])), unnest(CAST($users AS VARCHAR[]));
