-- For this connection only: the rules of a load, and how a time is read.
SET TimeZone = 'UTC';
SET VARIABLE plan_version = CAST($plan_version AS INTEGER);
CREATE OR REPLACE TEMP TABLE planned_names AS SELECT UNNEST($sent_names) AS sent_name, UNNEST($event_names) AS event_name;
CREATE OR REPLACE TEMP TABLE planned_properties AS
SELECT UNNEST($property_names) AS sent_name, UNNEST($properties) AS property, UNNEST($sent_properties) AS sent_property,
    '$."' || UNNEST($properties) || '"' AS property_path, '$."' || UNNEST($sent_properties) || '"' AS sent_path,
    UNNEST($property_types) AS type, UNNEST($property_required) AS required, GENERATE_SUBSCRIPTS($properties, 1) AS place;
SET VARIABLE junk_ids = CAST($junk_ids AS VARCHAR[]);
SET VARIABLE junk_lengths = CAST($junk_lengths AS BOOLEAN[]);
CREATE OR REPLACE TEMP TABLE policies AS SELECT UNNEST($source_ids) AS source_id, UNNEST($unplanned) AS unplanned;
-- A moment as naive UTC: ISO with or without an offset, or milliseconds since 1970; unknown outside 1970 to 2199.
CREATE OR REPLACE TEMP MACRO within(m) AS CASE WHEN m > TIMESTAMPTZ '1970-01-01 00:00:00Z' AND m < TIMESTAMPTZ '2200-01-01 00:00:00Z' THEN MAKE_TIMESTAMP(EPOCH_US(m)) END;
CREATE OR REPLACE TEMP MACRO moment(t) AS COALESCE(
    within(TRY_CAST(t AS TIMESTAMPTZ)),
    CASE WHEN STRLEN(t) < 14 AND REGEXP_FULL_MATCH(t, '\d{11,13}') THEN MAKE_TIMESTAMP(CAST(t AS BIGINT) * 1000) END);
-- Most ids have a length in bytes that no junk id has; lower case may change it beyond ASCII. Their place in a list: whether it contains something would be made a join, which every wide row of a slice goes through.
CREATE OR REPLACE TEMP MACRO is_listed(id) AS CASE
    WHEN GETVARIABLE('junk_lengths')[STRLEN(id)] OR LENGTH(id) < STRLEN(id) THEN COALESCE(LIST_POSITION(GETVARIABLE('junk_ids'), LOWER(id)), 0) > 0 ELSE FALSE END;
-- Quotes, dashes and zeroes all come before '1'; what is made of dashes and zeroes ends with one.
CREATE OR REPLACE TEMP MACRO is_junk(id) AS CASE
    WHEN id >= '1' THEN is_listed(id)
    WHEN STRLEN(id) <= LEN(GETVARIABLE('junk_lengths')) OR CONTAINS(id, '"') OR CONTAINS(id, '''') THEN REGEXP_FULL_MATCH(id, '[0-]*') OR is_listed(TRIM(id, '"'''))
    WHEN ENDS_WITH(id, '0') OR ENDS_WITH(id, '-') THEN REGEXP_FULL_MATCH(id, '[0-]*') ELSE FALSE END;
-- Numbers for a message id and for what was said: looking for a number among all events costs a tenth of looking for a text.
CREATE OR REPLACE TEMP MACRO key_of(digest) AS CAST('0x' || SUBSTR(digest, 1, 15) AS BIGINT);
-- Where the time of an event comes from, with the column's own type: a text would be looked up in it row by row.
CREATE OR REPLACE TEMP MACRO source_of_time(name) AS CAST(name AS ENUM('sent', 'corrected', 'uncorrected', 'received'));
