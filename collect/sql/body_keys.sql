-- Older tables hold the digest of what was said as a text: the number made of it does.
ALTER TABLE raw_events ALTER COLUMN body_sha SET DATA TYPE BIGINT USING CAST('0x' || SUBSTR(body_sha, 1, 15) AS BIGINT);
ALTER TABLE raw_events RENAME COLUMN body_sha TO body_key;
ALTER TABLE dead_letters ALTER COLUMN body_sha SET DATA TYPE BIGINT USING CAST('0x' || SUBSTR(body_sha, 1, 15) AS BIGINT);
ALTER TABLE dead_letters RENAME COLUMN body_sha TO body_key;
