-- How a text is read as a value of one of our types: NULL when it cannot be. For this connection only.
SET TimeZone = 'UTC';
-- What exports write where they have nothing.
CREATE OR REPLACE TEMP MACRO given(t) AS CASE WHEN TRIM(t, e' \t\r\n') NOT IN ('', '\N') THEN TRIM(t, e' \t\r\n') END;
CREATE OR REPLACE TEMP MACRO given_value(t) AS CASE WHEN LOWER(given(t)) <> 'null' THEN given(t) END;

-- Digits without groups; groups only when the person said which sign parts them.
CREATE OR REPLACE TEMP MACRO digits(t, decimal_sign) AS CASE
    WHEN REGEXP_FULL_MATCH(t, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?') AND decimal_sign IS DISTINCT FROM ',' THEN t
    WHEN decimal_sign = '.' AND REGEXP_FULL_MATCH(t, '[+-]?\d{1,3}(,\d{3})+(\.\d+)?') THEN REPLACE(t, ',', '')
    WHEN decimal_sign = ',' AND REGEXP_FULL_MATCH(t, '[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?') THEN REPLACE(REPLACE(t, '.', ''), ',', '.') END;
CREATE OR REPLACE TEMP MACRO as_number(t, formats, decimal_sign) AS
    CASE WHEN ISFINITE(TRY_CAST(digits(t, decimal_sign) AS DOUBLE)) THEN TRY_CAST(digits(t, decimal_sign) AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO as_integer(t, formats, decimal_sign) AS CASE
    WHEN REGEXP_FULL_MATCH(digits(t, decimal_sign), '[+-]?\d+(\.0*)?') THEN TRY_CAST(REGEXP_REPLACE(digits(t, decimal_sign), '\..*', '') AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO as_boolean(t, formats, decimal_sign) AS CASE
    WHEN LOWER(t) IN ('true', 't', 'yes', 'y', '1', 'on') THEN true WHEN LOWER(t) IN ('false', 'f', 'no', 'n', '0', 'off') THEN false END;

-- Year first, or whatever formats the person named, in their order; moments without an offset are UTC.
CREATE OR REPLACE TEMP MACRO is_year_first(t) AS
    REGEXP_FULL_MATCH(t, '\d{4}([-/])\d{1,2}[-/]\d{1,2}([T ]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)?( ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?))?');
-- Of a text without a digit STRPTIME takes 'infinity' for a moment.
CREATE OR REPLACE TEMP MACRO formatted(t, formats) AS CASE WHEN REGEXP_MATCHES(t, '\d') THEN TRY_STRPTIME(t, formats) END;
CREATE OR REPLACE TEMP MACRO read_moment(t, formats) AS CASE
    WHEN is_year_first(t) THEN TRY(MAKE_TIMESTAMP(EPOCH_US(TRY_CAST(REGEXP_REPLACE(REPLACE(t, ',', '.'), '([+-]\d{2})(\d{2})$', '\1:\2') AS TIMESTAMPTZ))))
    WHEN formatted(t, formats) IS NOT NULL THEN formatted(t, formats)
    WHEN REGEXP_FULL_MATCH(t, '\d{10}') THEN TRY(MAKE_TIMESTAMP(CAST(t AS BIGINT) * 1000000))
    WHEN REGEXP_FULL_MATCH(t, '\d{13}') THEN TRY(MAKE_TIMESTAMP(CAST(t AS BIGINT) * 1000)) END;
CREATE OR REPLACE TEMP MACRO as_timestamp(t, formats, decimal_sign) AS
    CASE WHEN YEAR(read_moment(t, formats)) BETWEEN 1900 AND 2199 THEN read_moment(t, formats) END;
-- A midnight is its day wherever it was midnight.
CREATE OR REPLACE TEMP MACRO read_day(t, formats) AS CASE
    WHEN REGEXP_FULL_MATCH(t, '\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]+0{1,2}:00(:00([.,]0+)?)?)?( ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?))?') THEN TRY_CAST(REGEXP_EXTRACT(t, '^[\d/-]+') AS DATE)
    ELSE CAST(formatted(t, formats) AS DATE) END;
CREATE OR REPLACE TEMP MACRO as_date(t, formats, decimal_sign) AS CASE WHEN YEAR(read_day(t, formats)) BETWEEN 1900 AND 2199 THEN read_day(t, formats) END;
CREATE OR REPLACE TEMP MACRO as_json(t, formats, decimal_sign) AS CASE WHEN JSON_VALID(t) THEN CAST(t AS JSON) END;
CREATE OR REPLACE TEMP MACRO as_string(t, formats, decimal_sign) AS t;

-- Why it cannot.
CREATE OR REPLACE TEMP MACRO why_not_number(t) AS CASE
    WHEN REGEXP_FULL_MATCH(t, '[+-]?[\d.,]+') THEN 'commas and points may part thousands or decimals: say --decimal . or --decimal ,' ELSE 'not a number' END;
CREATE OR REPLACE TEMP MACRO why_not_integer(t) AS CASE
    WHEN TRY_CAST(t AS DOUBLE) IS NOT NULL THEN 'not a whole number that fits' ELSE why_not_number(t) END;
CREATE OR REPLACE TEMP MACRO why_not_boolean(t) AS 'neither yes nor no';
CREATE OR REPLACE TEMP MACRO why_not_timestamp(t) AS CASE
    WHEN is_year_first(t) THEN 'no such moment between 1900 and 2199'
    WHEN REGEXP_FULL_MATCH(t, '\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*') THEN 'which is the day and which the month? say --date-format, for example %d/%m/%Y'
    ELSE 'not a moment such as 2026-03-04 or 2026-03-04T10:30Z: say --date-format when it is written another way' END;
CREATE OR REPLACE TEMP MACRO why_not_date(t) AS CASE
    WHEN REGEXP_FULL_MATCH(t, '\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ].*') THEN 'a moment within a day, where a whole day is meant' ELSE why_not_timestamp(t) END;
CREATE OR REPLACE TEMP MACRO why_not_json(t) AS 'not JSON';
