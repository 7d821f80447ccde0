-- What else gives the person away: what they alone said of themselves in events.
WITH said AS (
    SELECT user_id, anonymous_id, UNNEST([
        LOWER(traits ->> '$.email'), LOWER(context ->> '$.traits.email'), traits ->> '$.phone', context ->> '$.traits.phone'
    ]) AS value
    FROM raw_events
    WHERE traits IS NOT NULL OR context IS NOT NULL
),
theirs AS (
    SELECT value FROM said
    WHERE user_id IN (SELECT id FROM forgotten) OR (user_id IS NULL AND anonymous_id IN (SELECT id FROM forgotten))
),
others AS (
    SELECT value FROM said WHERE user_id NOT IN (SELECT id FROM forgotten)
)
SELECT DISTINCT value FROM theirs WHERE value <> '' AND value NOT IN (SELECT value FROM others WHERE value IS NOT NULL)
