-- The arguments of one generation, bound once: every later statement reads them from here.
CREATE OR REPLACE TEMP TABLE settings AS
SELECT
    CAST($users AS BIGINT) AS users,
    CAST($days AS BIGINT) AS days,
    CAST($seed AS BIGINT) AS seed,
    CAST($as_of AS TIMESTAMP) AS as_of,
    CAST($scenario AS VARCHAR) AS scenario,
    CAST($raw_days AS BIGINT) AS raw_days;
