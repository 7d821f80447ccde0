-- For this connection only: the rules of a load, and how a time is read.
SET TimeZone = 'UTC';
CREATE OR REPLACE TEMP TABLE rules AS SELECT CAST($plan_version AS INTEGER) AS plan_version;
CREATE OR REPLACE TEMP TABLE planned_names AS SELECT UNNEST($sent_names) AS sent_name, UNNEST($event_names) AS event_name;
CREATE OR REPLACE TEMP TABLE planned_properties AS
SELECT UNNEST($property_names) AS sent_name, UNNEST($properties) AS property, UNNEST($sent_properties) AS sent_property,
    UNNEST($property_types) AS type, UNNEST($property_required) AS required;
CREATE OR REPLACE TEMP TABLE junk_ids AS SELECT UNNEST($junk_ids) AS id;
CREATE OR REPLACE TEMP TABLE policies AS SELECT UNNEST($source_ids) AS source_id, UNNEST($unplanned) AS unplanned;
-- A moment as naive UTC: ISO with or without an offset, or milliseconds since 1970; unknown outside 1970 to 2199.
CREATE OR REPLACE TEMP MACRO moment(t) AS TRY(CASE
    WHEN t IS NULL THEN NULL
    WHEN REGEXP_FULL_MATCH(t, '\d{11,13}') THEN MAKE_TIMESTAMP(CAST(t AS BIGINT) * 1000)
    WHEN EPOCH_US(TRY_CAST(t AS TIMESTAMPTZ)) BETWEEN 1 AND 7258118399999999 THEN MAKE_TIMESTAMP(EPOCH_US(TRY_CAST(t AS TIMESTAMPTZ)))
    END);
CREATE OR REPLACE TEMP MACRO is_junk(id) AS REGEXP_FULL_MATCH(id, '[0-]*') OR TRIM(LOWER(id), '"''') IN (SELECT j.id FROM junk_ids j);
