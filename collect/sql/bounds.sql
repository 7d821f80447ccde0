-- Properties that nobody planned, where the plan does not keep them.
CREATE OR REPLACE TEMP TABLE unlisted AS
WITH keys AS (
    SELECT a.seq, o.others, o.known, UNNEST(JSON_KEYS(a.properties)) AS key
    FROM slice a JOIN planned_others o ON o.sent_name = a.sent_name
    WHERE a.type = 'track'
)
SELECT seq, others, key FROM keys WHERE NOT LIST_CONTAINS(known, key);

-- Values that have the right type and are still not what the plan asks for; the first by name, and a wrong type comes before.
INSERT INTO violations BY NAME
WITH found AS (
    SELECT a.seq, c.*, JSON_EXTRACT(a.properties, c.path) AS own, JSON_EXTRACT(a.properties, c.sent_path) AS renamed
    FROM slice a JOIN planned_checks c ON c.sent_name = a.sent_name
    WHERE a.type = 'track'
),
valued AS (
    SELECT *, CASE WHEN own_kind = 'NULL' AND renamed IS NOT NULL THEN renamed ELSE own END AS value,
        CASE WHEN own_kind = 'NULL' THEN sent_property ELSE property END AS sent_as
    FROM (SELECT *, COALESCE(JSON_TYPE(own), 'NULL') AS own_kind FROM found) f
),
read AS (
    SELECT *, value ->> '$' AS text, COALESCE(JSON_TYPE(value), 'NULL') AS kind FROM valued
),
-- Of several types each has its own bounds: only a text has a pattern and a format, only a number a range.
seen AS (
    SELECT *, CASE WHEN LEN(types) > 1 AND kind <> 'VARCHAR' THEN NULL ELSE text END AS spelled,
        CASE WHEN LEN(types) > 1 AND kind NOT IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN NULL ELSE TRY_CAST(text AS DOUBLE) END AS number,
        CASE WHEN kind = 'ARRAY' THEN JSON_ARRAY_LENGTH(value) WHEN LEN(types) > 1 AND kind <> 'VARCHAR' THEN NULL ELSE LENGTH(text) END AS length,
        CASE WHEN kind = 'ARRAY' AND items IS NOT NULL THEN LIST_POSITION(LIST_TRANSFORM(JSON_EXTRACT(value, '$[*]'),
            lambda item: LIST_HAS_ANY(items, types_of(COALESCE(JSON_TYPE(item), 'NULL'), item ->> '$'))), FALSE) END AS odd_item
    FROM read
),
told AS (
    SELECT seq, property, CASE
        WHEN kind = 'NULL' THEN CASE WHEN required AND NOT (nullable AND value IS NOT NULL) THEN 'MISSING_PROPERTY' END
        WHEN NOT LIST_HAS_ANY(types, types_of(kind, text)) THEN 'WRONG_TYPE'
        WHEN NOT (LIST_CONTAINS(texts, CASE kind WHEN 'BOOLEAN' THEN LOWER(text) ELSE text END) OR COALESCE(LIST_CONTAINS(numbers, number), FALSE)) THEN 'VALUE_NOT_ALLOWED'
        WHEN NOT REGEXP_MATCHES(spelled, pattern) THEN 'PATTERN_MISMATCH'
        WHEN NOT REGEXP_MATCHES(spelled, format_pattern) OR (format = 'date' AND spelled IS NOT NULL AND TRY_CAST(spelled AS DATE) IS NULL) THEN 'WRONG_FORMAT'
        WHEN number < minimum OR number > maximum THEN 'OUT_OF_RANGE'
        WHEN length < min_length OR length > max_length THEN 'WRONG_LENGTH'
        WHEN odd_item > 0 THEN 'WRONG_TYPE'
        END AS code, CASE
        WHEN kind = 'NULL' THEN 'is required and not given'
        WHEN code = 'WRONG_TYPE' THEN 'is no ' || ARRAY_TO_STRING(CASE WHEN odd_item > 0 THEN items ELSE types END, ' or ')
        WHEN code = 'VALUE_NOT_ALLOWED' THEN 'is none of ' || ARRAY_TO_STRING(texts[:10], ', ') || CASE WHEN LEN(texts) > 10 THEN ', …' ELSE '' END
        WHEN code = 'PATTERN_MISMATCH' THEN 'does not match ' || pattern
        WHEN code = 'WRONG_FORMAT' THEN 'is not ' || format_said
        WHEN number < minimum THEN 'is less than ' || CAST(minimum AS VARCHAR)
        WHEN number > maximum THEN 'is more than ' || CAST(maximum AS VARCHAR)
        WHEN length < min_length THEN 'is shorter than ' || CAST(min_length AS VARCHAR)
        ELSE 'is longer than ' || CAST(max_length AS VARCHAR)
        END AS message,
        sent_as || CASE WHEN code = 'WRONG_TYPE' AND odd_item > 0 THEN '[' || CAST(odd_item - 1 AS VARCHAR) || ']' ELSE '' END AS place
    FROM seen
    UNION ALL
    SELECT seq, key, 'UNPLANNED_PROPERTY', 'is not in the tracking plan', key FROM unlisted WHERE others = 'dead_letter'
)
SELECT t.seq, MIN(t.property) AS property, ARG_MIN(t.code, t.property) AS code, ARG_MIN('$.properties.' || t.place, t.property) AS path,
    ARG_MIN(t.place || ' ' || t.message, t.property) AS message
FROM told t ANTI JOIN violations v ON v.seq = t.seq
WHERE t.code IS NOT NULL
GROUP BY t.seq;
