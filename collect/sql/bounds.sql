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
    SELECT *, value ->> '$' AS text, COALESCE(JSON_TYPE(value), 'NULL') AS kind, TRY_CAST(value ->> '$' AS DOUBLE) AS number,
        CASE JSON_TYPE(value) WHEN 'ARRAY' THEN JSON_ARRAY_LENGTH(value) ELSE LENGTH(value ->> '$') END AS length
    FROM valued
),
told AS (
    SELECT seq, property, sent_as, CASE
        WHEN kind = 'NULL' THEN CASE WHEN required AND NOT (nullable AND value IS NOT NULL) THEN 'MISSING_PROPERTY' END
        WHEN (type IN ('string', 'timestamp') AND kind <> 'VARCHAR') OR (type = 'timestamp' AND moment(text) IS NULL)
            OR (type = 'number' AND kind NOT IN ('BIGINT', 'UBIGINT', 'DOUBLE')) OR (type = 'integer' AND kind NOT IN ('BIGINT', 'UBIGINT'))
            OR (type = 'boolean' AND kind <> 'BOOLEAN') OR (type = 'object' AND kind <> 'OBJECT') OR (type = 'array' AND kind <> 'ARRAY') THEN 'WRONG_TYPE'
        WHEN NOT (LIST_CONTAINS(texts, CASE kind WHEN 'BOOLEAN' THEN LOWER(text) ELSE text END) OR COALESCE(LIST_CONTAINS(numbers, number), FALSE)) THEN 'VALUE_NOT_ALLOWED'
        WHEN NOT REGEXP_MATCHES(text, pattern) THEN 'PATTERN_MISMATCH'
        WHEN number < minimum OR number > maximum THEN 'OUT_OF_RANGE'
        WHEN length < min_length OR length > max_length THEN 'WRONG_LENGTH'
        END AS code, CASE
        WHEN kind = 'NULL' THEN 'is required and not given'
        WHEN type IS NOT NULL AND code = 'WRONG_TYPE' THEN 'is no ' || type
        WHEN code = 'VALUE_NOT_ALLOWED' THEN 'is none of ' || ARRAY_TO_STRING(texts[:10], ', ') || CASE WHEN LEN(texts) > 10 THEN ', …' ELSE '' END
        WHEN code = 'PATTERN_MISMATCH' THEN 'does not match ' || pattern
        WHEN number < minimum THEN 'is less than ' || CAST(minimum AS VARCHAR)
        WHEN number > maximum THEN 'is more than ' || CAST(maximum AS VARCHAR)
        WHEN length < min_length THEN 'is shorter than ' || CAST(min_length AS VARCHAR)
        ELSE 'is longer than ' || CAST(max_length AS VARCHAR)
        END AS message
    FROM read
    UNION ALL
    SELECT seq, key, key, 'UNPLANNED_PROPERTY', 'is not in the tracking plan' FROM unlisted WHERE others = 'dead_letter'
)
SELECT t.seq, MIN(t.property) AS property, ARG_MIN(t.code, t.property) AS code, ARG_MIN('$.properties.' || t.sent_as, t.property) AS path,
    ARG_MIN(t.sent_as || ' ' || t.message, t.property) AS message
FROM told t ANTI JOIN violations v ON v.seq = t.seq
WHERE t.code IS NOT NULL
GROUP BY t.seq;
