-- What the loader writes. The demo's generator makes the first columns of some of these tables itself.
CREATE TABLE IF NOT EXISTS fct_events (
    event_time TIMESTAMP, user_id VARCHAR, event_name VARCHAR, properties JSON, message_id VARCHAR,
    anonymous_id VARCHAR, received_at TIMESTAMP, device_os VARCHAR, app_version VARCHAR
);
-- Ids and what is made of them are drawn by chance: there is nothing to pack in them, and to find that out costs a third of writing everything.
CREATE TABLE IF NOT EXISTS raw_events (
    message_id VARCHAR USING COMPRESSION uncompressed, type VARCHAR, event_name VARCHAR, user_id VARCHAR, anonymous_id VARCHAR, event_time TIMESTAMP,
    received_at TIMESTAMP, properties JSON USING COMPRESSION zstd, device_os VARCHAR, app_version VARCHAR
);
CREATE TABLE IF NOT EXISTS dead_letters (
    message_id VARCHAR, received_at TIMESTAMP, stage VARCHAR, code VARCHAR, path VARCHAR, message VARCHAR, body JSON
);
CREATE TABLE IF NOT EXISTS ingest_ledger (
    request_id BIGINT, source_id VARCHAR, received_at TIMESTAMP, received BIGINT,
    stored BIGINT, duplicate BIGINT, dead_letter BIGINT, suppressed BIGINT
);
-- Where the loader stands in the raw log; written in the transaction that loads.
CREATE TABLE IF NOT EXISTS ingest_cursor (segment VARCHAR, byte_offset BIGINT);
-- A row each time raw events were loaded again, for what is made of them.
CREATE TABLE IF NOT EXISTS raw_rewrites (rewritten_at TIMESTAMP);

-- The number of the line in the raw log and the request it came in, which rows from elsewhere do not have.
-- Long texts are packed by zstd: half the work and a third of the bytes of what they would get by themselves.
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS seq BIGINT;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS source_id VARCHAR;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS request_id BIGINT;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS request_events BIGINT USING COMPRESSION rle;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS sent_name VARCHAR;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS sent_timestamp VARCHAR USING COMPRESSION zstd;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS original_timestamp VARCHAR USING COMPRESSION zstd;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS sent_at VARCHAR USING COMPRESSION zstd;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS time_source ENUM('sent', 'corrected', 'uncorrected', 'received');
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS clock_skew_ms BIGINT;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS previous_id VARCHAR;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS group_id VARCHAR;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS ignored_ids VARCHAR;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS request_ip VARCHAR;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS context JSON USING COMPRESSION zstd;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS traits JSON USING COMPRESSION zstd;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS rest JSON USING COMPRESSION zstd;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS plan_version INTEGER USING COMPRESSION rle;
-- Numbers made of what was said and of the id: looking for a number among all events costs a quarter of looking for a text.
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS body_key BIGINT USING COMPRESSION uncompressed;
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS message_key BIGINT USING COMPRESSION uncompressed;
UPDATE raw_events SET message_key = CAST('0x' || SUBSTR(MD5(message_id), 1, 15) AS BIGINT) WHERE message_key IS NULL;

ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS seq BIGINT;
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS source_id VARCHAR;
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS plan_version INTEGER;
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS body_key BIGINT;
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS message_key BIGINT;
UPDATE dead_letters SET message_key = CAST('0x' || SUBSTR(MD5(message_id), 1, 15) AS BIGINT) WHERE message_key IS NULL;
