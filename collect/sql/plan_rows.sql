-- For this connection only: what the plan asks of values beyond a type at the top, and of properties that it does not list.
CREATE OR REPLACE TEMP TABLE planned_checks AS
SELECT UNNEST(CAST($sent_name AS VARCHAR[])) AS sent_name, UNNEST(CAST($property AS VARCHAR[])) AS property,
    UNNEST(CAST($sent_property AS VARCHAR[])) AS sent_property, UNNEST(CAST($path AS VARCHAR[])) AS path, UNNEST(CAST($sent_path AS VARCHAR[])) AS sent_path,
    UNNEST(CAST($types AS VARCHAR[][])) AS types, UNNEST(CAST($required AS BOOLEAN[])) AS required, UNNEST(CAST($nullable AS BOOLEAN[])) AS nullable,
    UNNEST(CAST($texts AS VARCHAR[][])) AS texts, UNNEST(CAST($numbers AS DOUBLE[][])) AS numbers, UNNEST(CAST($pattern AS VARCHAR[])) AS pattern,
    UNNEST(CAST($format AS VARCHAR[])) AS format, UNNEST(CAST($format_pattern AS VARCHAR[])) AS format_pattern,
    UNNEST(CAST($format_said AS VARCHAR[])) AS format_said, UNNEST(CAST($items AS VARCHAR[][])) AS items,
    UNNEST(CAST($minimum AS DOUBLE[])) AS minimum, UNNEST(CAST($maximum AS DOUBLE[])) AS maximum,
    UNNEST(CAST($min_length AS BIGINT[])) AS min_length, UNNEST(CAST($max_length AS BIGINT[])) AS max_length;
CREATE OR REPLACE TEMP TABLE planned_others AS
SELECT UNNEST(CAST($closed_name AS VARCHAR[])) AS sent_name, UNNEST(CAST($others AS VARCHAR[])) AS others, UNNEST(CAST($known AS VARCHAR[][])) AS known;
-- Every type of the plan that a value has; a number without a fraction is a whole one.
CREATE OR REPLACE TEMP MACRO types_of(kind, text) AS CASE kind
    WHEN 'VARCHAR' THEN CASE WHEN moment(text) IS NULL THEN ['string'] ELSE ['string', 'timestamp'] END
    WHEN 'BIGINT' THEN ['number', 'integer'] WHEN 'UBIGINT' THEN ['number', 'integer']
    WHEN 'DOUBLE' THEN CASE WHEN TRY_CAST(text AS DOUBLE) = TRY_CAST(text AS BIGINT) THEN ['number', 'integer'] ELSE ['number'] END
    ELSE [LOWER(kind)] END;
