CREATE OR REPLACE TEMP TABLE block AS SELECT CAST($first_day AS BIGINT) AS first_day, CAST($last_day AS BIGINT) AS last_day;
