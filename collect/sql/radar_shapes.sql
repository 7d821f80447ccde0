-- The properties of a sample of each event: how often a key is there, of which type, with which values.
WITH sampled AS (
    SELECT name, properties, COUNT(*) OVER (PARTITION BY name) AS total
    FROM radar_sent
    QUALIFY ROW_NUMBER() OVER (PARTITION BY name ORDER BY HASH(message_id), message_id) <= 2000
),
sized AS (
    SELECT name, properties, COUNT(*) OVER (PARTITION BY name) AS size FROM sampled
),
keyed AS (
    SELECT name, size, properties, UNNEST(JSON_KEYS(properties)) AS key FROM sized
),
valued AS (
    SELECT name, size, key, JSON_EXTRACT(properties, '$."' || REPLACE(key, '"', '') || '"') AS value FROM keyed
),
typed AS (
    SELECT name, size, key, value ->> '$' AS text, CASE JSON_TYPE(value) WHEN 'VARCHAR' THEN 'text' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'OBJECT' THEN 'object'
        WHEN 'ARRAY' THEN 'list' ELSE 'number' END AS kind, TRY_CAST(value ->> '$' AS DOUBLE) AS number
    FROM valued
    WHERE value IS NOT NULL AND JSON_TYPE(value) <> 'NULL'
),
counted AS (
    SELECT name, key, text, COUNT(*) AS times FROM typed GROUP BY ALL
),
common AS (
    SELECT name, key, LIST(text ORDER BY times DESC, text) AS texts, LIST(times ORDER BY times DESC, text) AS times, COUNT(*) AS different
    FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY name, key ORDER BY times DESC, text) AS place FROM counted) c
    GROUP BY name, key
)
SELECT t.name, t.key, COUNT(*) / MIN(t.size) AS share, COUNT(*) AS given, MODE(t.kind) AS kind, MIN(c.different) AS different, c.texts[:50] AS texts, c.times[:50] AS times,
    QUANTILE_CONT(t.number, 0.1) AS low, QUANTILE_CONT(t.number, 0.5) AS middle, QUANTILE_CONT(t.number, 0.9) AS high, AVG(LENGTH(t.text)) AS length
FROM typed t JOIN common c ON c.name = t.name AND c.key = t.key
GROUP BY t.name, t.key, c.texts, c.times
