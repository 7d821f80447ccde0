-- One property by platform and version, on the day looked at and on the same weekday before it.
WITH said AS (
    SELECT
        e.device_os, e.app_version, e.event_time >= :day AS is_now,
        :value AS value, TRY_CAST(:value AS DOUBLE) AS number
    FROM fct_events AS e
    WHERE e.event_name = :event AND e.event_time >= :starts AND e.event_time < :ends
        AND CAST(e.event_time AS DATE) IN (:days)
        AND e.received_at < CAST(CAST(e.event_time AS DATE) AS TIMESTAMP) + INTERVAL '1' DAY + :lag
), placed AS (
    SELECT
        device_os, app_version, is_now,
        CASE
            WHEN value IS NULL OR value = '' THEN NULL
            WHEN :kind = 'closed' THEN value
            WHEN :kind = 'open' THEN 'there'
            WHEN number IS NULL THEN 'NaN'
            WHEN number = 0 THEN '0'
            ELSE CAST(ROUND(number, 1 - CAST(FLOOR(LOG10(ABS(number))) AS INTEGER)) AS TEXT)
        END AS value
    FROM said
)
SELECT device_os, app_version, is_now, value, COUNT(*) AS events
FROM placed
GROUP BY device_os, app_version, is_now, value
