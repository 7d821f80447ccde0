-- The demo's now moves on to the end of the horizon, never back.
UPDATE meta SET value = moved.as_of
FROM (
    SELECT strftime(greatest(CAST(m.value AS TIMESTAMP), (SELECT max(decided_at) FROM reacting) + to_days(CAST($horizon_days AS INTEGER))), '%Y-%m-%dT%H:%M:%S') AS as_of
    FROM meta m WHERE m.key = 'as_of'
) AS moved
WHERE meta.key = 'as_of';
