-- Planned properties that were sent otherwise than planned, or not at all.
CREATE OR REPLACE TEMP TABLE given AS
WITH found AS (
    SELECT r.seq, p.place, p.property, p.sent_property, p.type, p.required,
        NULLIF(JSON_EXTRACT(r.properties, p.property_path), 'null') AS own,
        CASE WHEN p.sent_path <> p.property_path THEN NULLIF(JSON_EXTRACT(r.properties, p.sent_path), 'null') END AS renamed
    FROM slice r JOIN planned_properties p ON p.sent_name = r.sent_name
    WHERE r.type = 'track'
),
valued AS (
    SELECT *, COALESCE(own, renamed) AS value, CASE WHEN own IS NULL THEN sent_property ELSE property END AS sent_as FROM found
),
-- The first character of a value tells its kind; of numbers only the long ones need a closer look, and all where whole ones are asked for.
read AS (
    SELECT *, CASE LEFT(value, 1) WHEN '"' THEN 'VARCHAR' WHEN '{' THEN 'OBJECT' WHEN '[' THEN 'ARRAY' WHEN 't' THEN 'BOOLEAN' WHEN 'f' THEN 'BOOLEAN'
        ELSE CASE WHEN type = 'number' AND STRLEN(value) < 16 THEN 'DOUBLE' ELSE JSON_TYPE(value) END END AS kind
    FROM valued
),
told AS (
    SELECT *, CASE WHEN kind <> 'VARCHAR' THEN CAST(value AS VARCHAR) WHEN type <> 'string' THEN value ->> '$' END AS text FROM read
),
fitted AS (
    SELECT *,
        CASE type
            WHEN 'string' THEN CASE WHEN kind = 'VARCHAR' THEN value WHEN kind IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN') THEN TO_JSON(text) END
            WHEN 'number' THEN CASE WHEN kind IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN value
                WHEN kind = 'VARCHAR' AND ISFINITE(TRY_CAST(text AS DOUBLE)) THEN TO_JSON(TRY_CAST(text AS DOUBLE)) END
            WHEN 'integer' THEN CASE WHEN kind IN ('BIGINT', 'UBIGINT') THEN value
                WHEN kind IN ('VARCHAR', 'DOUBLE') AND TRY_CAST(text AS DOUBLE) = TRY_CAST(text AS BIGINT) THEN TO_JSON(TRY_CAST(text AS BIGINT)) END
            WHEN 'boolean' THEN CASE WHEN kind = 'BOOLEAN' THEN value WHEN LOWER(text) IN ('true', 'false') THEN TO_JSON(LOWER(text) = 'true') END
            WHEN 'timestamp' THEN CASE WHEN moment(text) IS NOT NULL THEN value END
            WHEN 'object' THEN CASE WHEN kind = 'OBJECT' THEN value END
            WHEN 'array' THEN CASE WHEN kind = 'ARRAY' THEN value END
            WHEN 'any' THEN value
        END AS fitting
    FROM told
)
SELECT * FROM fitted
WHERE (value IS NULL AND required) OR fitting IS DISTINCT FROM value OR renamed IS NOT NULL;

-- One problem an event: the first by name, so that the same event always gets the same answer.
CREATE OR REPLACE TEMP TABLE violations AS
SELECT seq, MIN(property) AS property,
    ARG_MIN(CASE WHEN value IS NULL THEN 'MISSING_PROPERTY' ELSE 'WRONG_TYPE' END, property) AS code,
    ARG_MIN('$.properties.' || sent_as, property) AS path,
    ARG_MIN(CASE WHEN value IS NULL THEN sent_as || ' is required and not given'
        ELSE sent_as || ' is ' || CASE kind WHEN 'VARCHAR' THEN 'a text that is no ' WHEN 'OBJECT' THEN 'an object, not a '
            WHEN 'ARRAY' THEN 'a list, not a ' WHEN 'BOOLEAN' THEN 'true or false, not a ' ELSE 'a number that is no ' END || type END, property) AS message
FROM given
WHERE (value IS NULL AND required) OR (value IS NOT NULL AND fitting IS NULL)
GROUP BY seq;

-- What to change in the properties: an alias's names become the plan's, and readable values get their type.
CREATE OR REPLACE TEMP TABLE changes AS
SELECT seq, place, property AS name, fitting AS value FROM given
WHERE fitting IS NOT NULL AND (fitting <> value OR own IS NULL)
UNION ALL
SELECT seq, place, sent_property, JSON('null') FROM given
WHERE sent_property <> property AND renamed IS NOT NULL;
