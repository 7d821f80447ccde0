-- Values of properties a day: closed sets as they are, numbers to two digits, else whether there.
WITH said AS (
    SELECT
        e.event_name, p.property, p.kind, CAST(e.event_time AS DATE) AS day,
        :platform AS platform, :version AS version,
        :value AS value, TRY_CAST(:value AS DOUBLE) AS number
    FROM fct_events AS e
    JOIN properties AS p ON p.event_name = e.event_name
    WHERE e.event_time >= :starts AND e.event_time < :ends
        AND CAST(e.event_time AS DATE) IN (:days)
        AND e.received_at < CAST(CAST(e.event_time AS DATE) AS TIMESTAMP) + INTERVAL '1' DAY + :lag
), placed AS (
    SELECT
        event_name, property, day, platform, version,
        CASE
            WHEN value IS NULL OR value = '' THEN NULL
            WHEN kind = 'closed' THEN value
            WHEN kind = 'open' THEN 'there'
            WHEN number IS NULL THEN 'NaN'
            WHEN number = 0 THEN '0'
            ELSE CAST(ROUND(number, 1 - CAST(FLOOR(LOG10(ABS(number))) AS INTEGER)) AS TEXT)
        END AS value
    FROM said
)
SELECT event_name, property, day, platform, version, value, COUNT(*) AS events
FROM placed
GROUP BY event_name, property, day, platform, version, value
