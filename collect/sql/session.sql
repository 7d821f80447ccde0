-- For this connection only: the rules of a load, and how a time is read.
SET TimeZone = 'UTC';
SET VARIABLE plan_version = CAST($plan_version AS INTEGER);
-- The lines that are being loaded: those from a number on.
SET VARIABLE first_seq = CAST(0 AS BIGINT);
CREATE OR REPLACE TEMP VIEW slice AS SELECT * FROM raw_events WHERE seq >= GETVARIABLE('first_seq');
CREATE OR REPLACE TEMP TABLE planned_names AS SELECT UNNEST($sent_names) AS sent_name, UNNEST($event_names) AS event_name;
CREATE OR REPLACE TEMP TABLE planned_properties AS
SELECT UNNEST($property_names) AS sent_name, UNNEST($properties) AS property, UNNEST($sent_properties) AS sent_property,
    '$."' || UNNEST($properties) || '"' AS property_path, '$."' || UNNEST($sent_properties) || '"' AS sent_path,
    UNNEST($property_types) AS type, UNNEST($property_required) AS required;
SET VARIABLE junk_ids = CAST($junk_ids AS VARCHAR[]);
SET VARIABLE junk_bytes = CAST($junk_bytes AS BIGINT);
CREATE OR REPLACE TEMP TABLE policies AS SELECT UNNEST($source_ids) AS source_id, UNNEST($unplanned) AS unplanned;
-- A moment as naive UTC: ISO with or without an offset, or milliseconds since 1970; unknown outside 1970 to 2199.
CREATE OR REPLACE TEMP MACRO within(m) AS CASE WHEN m > TIMESTAMPTZ '1970-01-01 00:00:00Z' AND m < TIMESTAMPTZ '2200-01-01 00:00:00Z' THEN MAKE_TIMESTAMP(EPOCH_US(m)) END;
CREATE OR REPLACE TEMP MACRO moment(t) AS CASE
    WHEN LENGTH(t) < 14 AND REGEXP_FULL_MATCH(t, '\d{11,13}') THEN MAKE_TIMESTAMP(CAST(t AS BIGINT) * 1000)
    ELSE within(TRY_CAST(t AS TIMESTAMPTZ)) END;
-- A list, not a table: a join would turn every wide row of a slice over. Quotes, dashes and zeroes all come before '1'.
CREATE OR REPLACE TEMP MACRO is_junk(id) AS CASE
    WHEN id < '1' THEN REGEXP_FULL_MATCH(id, '[0-]*') OR LIST_CONTAINS(GETVARIABLE('junk_ids'), TRIM(LOWER(id), '"'''))
    WHEN STRLEN(id) <= GETVARIABLE('junk_bytes') THEN LIST_CONTAINS(GETVARIABLE('junk_ids'), LOWER(id))
    ELSE FALSE END;
-- A number made of a message id: looking for a number among all events costs a tenth of looking for a text.
CREATE OR REPLACE TEMP MACRO key_of(id) AS CAST('0x' || SUBSTR(MD5(id), 1, 15) AS BIGINT);
