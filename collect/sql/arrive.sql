-- A slice of the raw log, typed, with times and ids settled; problems that the collector saw come along.
CREATE OR REPLACE TEMP TABLE arrived AS
WITH lines AS (
    SELECT *, moment(batch_sent_at) AS batch_sent
    FROM READ_JSON($file, format = 'newline_delimited', maximum_object_size = 67108864, columns = {
        seq: 'BIGINT', n: 'BIGINT', of: 'BIGINT', received_at: 'TIMESTAMP', source: 'VARCHAR', message_id: 'VARCHAR',
        body_sha: 'VARCHAR', code: 'VARCHAR', path: 'VARCHAR', message: 'VARCHAR', text: 'VARCHAR', type: 'VARCHAR', name: 'VARCHAR',
        user_id: 'VARCHAR', anonymous_id: 'VARCHAR', previous_id: 'VARCHAR', group_id: 'VARCHAR', timestamp: 'VARCHAR',
        original_timestamp: 'VARCHAR', sent_at: 'VARCHAR', batch_sent_at: 'VARCHAR', historical: 'BOOLEAN', os: 'VARCHAR',
        channel: 'VARCHAR', app_version: 'VARCHAR', request_ip: 'VARCHAR', properties: 'JSON', context: 'JSON', traits: 'JSON', rest: 'JSON'
    })
),
clocks AS (
    SELECT *,
        COALESCE(moment(timestamp), moment(original_timestamp)) AS claimed,
        DATE_DIFF('millisecond', COALESCE(moment(sent_at), batch_sent), received_at) AS clock_skew_ms
    FROM lines
),
corrected AS (
    -- A clock that is off by more than five seconds is set right; less is the network, not the clock.
    SELECT *, CASE WHEN ABS(clock_skew_ms) > 5000 AND NOT historical THEN claimed + TO_MILLISECONDS(clock_skew_ms) END AS shifted,
        received_at + INTERVAL 23 HOUR AS latest
    FROM clocks
),
people AS (
    SELECT *, is_junk(user_id) AS junk_user, is_junk(anonymous_id) AS junk_device FROM corrected
)
SELECT
    seq, seq - n AS request_id, of AS received, received_at, source AS source_id, message_id,
    CAST('0x' || SUBSTR(MD5(message_id), 1, 15) AS BIGINT) AS message_key, body_sha, code, path, message, text, type, name,
    CASE WHEN NOT junk_user THEN user_id END AS user_id,
    CASE WHEN NOT junk_device THEN anonymous_id END AS anonymous_id,
    NULLIF(CONCAT_WS(', ', CASE WHEN junk_user THEN user_id END, CASE WHEN junk_device THEN anonymous_id END), '') AS ignored_ids,
    previous_id, group_id, timestamp AS sent_timestamp, original_timestamp, COALESCE(sent_at, batch_sent_at) AS sent_at, request_ip,
    clock_skew_ms,
    CASE WHEN shifted <= latest THEN shifted WHEN claimed <= latest THEN claimed ELSE received_at END AS event_time,
    CASE WHEN shifted <= latest THEN 'corrected' WHEN claimed <= latest AND shifted IS NULL THEN 'sent'
        WHEN claimed <= latest THEN 'uncorrected' ELSE 'received' END AS time_source,
    CASE WHEN LOWER(os) IN ('ios', 'ipados', 'iphone os') THEN 'ios' WHEN LOWER(os) = 'android' THEN 'android'
        WHEN channel = 'web' THEN 'web' WHEN os <> '' THEN LOWER(os) END AS device_os,
    app_version, properties, context, traits, rest
FROM people;
