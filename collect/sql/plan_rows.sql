-- For this connection only: what the plan asks of values beyond a type at the top, and of properties that it does not list.
CREATE OR REPLACE TEMP TABLE planned_checks AS
SELECT UNNEST(CAST($sent_name AS VARCHAR[])) AS sent_name, UNNEST(CAST($property AS VARCHAR[])) AS property,
    UNNEST(CAST($sent_property AS VARCHAR[])) AS sent_property, UNNEST(CAST($path AS VARCHAR[])) AS path, UNNEST(CAST($sent_path AS VARCHAR[])) AS sent_path,
    UNNEST(CAST($type AS VARCHAR[])) AS type, UNNEST(CAST($required AS BOOLEAN[])) AS required, UNNEST(CAST($nullable AS BOOLEAN[])) AS nullable,
    UNNEST(CAST($texts AS VARCHAR[][])) AS texts, UNNEST(CAST($numbers AS DOUBLE[][])) AS numbers, UNNEST(CAST($pattern AS VARCHAR[])) AS pattern,
    UNNEST(CAST($minimum AS DOUBLE[])) AS minimum, UNNEST(CAST($maximum AS DOUBLE[])) AS maximum,
    UNNEST(CAST($min_length AS BIGINT[])) AS min_length, UNNEST(CAST($max_length AS BIGINT[])) AS max_length;
CREATE OR REPLACE TEMP TABLE planned_others AS
SELECT UNNEST(CAST($closed_name AS VARCHAR[])) AS sent_name, UNNEST(CAST($others AS VARCHAR[])) AS others, UNNEST(CAST($known AS VARCHAR[][])) AS known;
