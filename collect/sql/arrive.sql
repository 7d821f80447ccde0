-- A slice of the raw log, typed, with times and ids settled: all of it, as if all of it could stay. It is judged as it is, and
-- what stays is then written once: rows that are written and taken out again make the engine write every row three times.
-- The lines are numbered, with a ROW_NUMBER() OVER () that nothing else needs, so that one thread reads them, in the order of the log: DuckDB runs
-- whatever leads to such a number on a single thread. Two threads cost a tenth more for the same work.
-- A line that the collector refused has no type, and the reason in rest. Lines of older logs have no keys.
WITH lines AS (
    SELECT *, moment(batch_sent_at) AS batch_sent
    FROM READ_JSON($files, format = 'newline_delimited', maximum_object_size = $line_bytes, columns = {
        seq: 'BIGINT', n: 'BIGINT', of: 'BIGINT', received_at: 'TIMESTAMP', source: 'VARCHAR', message_id: 'VARCHAR',
        message_key: 'BIGINT', body_key: 'BIGINT', body_sha: 'VARCHAR', code: 'VARCHAR', path: 'VARCHAR', message: 'VARCHAR', text: 'VARCHAR', type: 'VARCHAR', name: 'VARCHAR',
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
    SELECT *, CASE WHEN ABS(clock_skew_ms) > 5000 AND historical IS NOT TRUE THEN claimed + TO_MILLISECONDS(clock_skew_ms) END AS shifted,
        received_at + INTERVAL 23 HOUR AS latest
    FROM clocks
),
people AS (
    SELECT *, is_junk(user_id) AS junk_user, is_junk(anonymous_id) AS junk_device FROM corrected
)
SELECT
    ROW_NUMBER() OVER () AS place, p.seq, p.seq - p.n AS request_id, p.of AS request_events, p.received_at, p.source AS source_id, p.message_id,
    COALESCE(p.message_key, key_of(MD5(p.message_id))) AS message_key, COALESCE(p.body_key, key_of(p.body_sha)) AS body_key, p.type, p.name AS sent_name,
    CASE WHEN NOT p.junk_user THEN p.user_id END AS user_id,
    CASE WHEN NOT p.junk_device THEN p.anonymous_id END AS anonymous_id,
    NULLIF(CONCAT_WS(', ', CASE WHEN p.junk_user THEN p.user_id END, CASE WHEN p.junk_device THEN p.anonymous_id END), '') AS ignored_ids,
    p.previous_id, p.group_id, p.timestamp AS sent_timestamp, p.original_timestamp, COALESCE(p.sent_at, p.batch_sent_at) AS sent_at,
    p.request_ip, p.clock_skew_ms,
    CASE WHEN p.shifted <= p.latest THEN p.shifted WHEN p.claimed <= p.latest THEN p.claimed ELSE p.received_at END AS event_time,
    CASE WHEN p.shifted <= p.latest THEN source_of_time('corrected') WHEN p.claimed <= p.latest AND p.shifted IS NULL THEN source_of_time('sent')
        WHEN p.claimed <= p.latest THEN source_of_time('uncorrected') ELSE source_of_time('received') END AS time_source,
    CASE WHEN LOWER(p.os) IN ('ios', 'ipados', 'iphone os') THEN 'ios' WHEN LOWER(p.os) = 'android' THEN 'android'
        WHEN p.channel = 'web' THEN 'web' WHEN p.os <> '' THEN LOWER(p.os) END AS device_os,
    p.app_version, p.properties, p.context, p.traits,
    CASE WHEN p.code IS NULL THEN p.rest ELSE JSON_OBJECT('code', p.code, 'path', p.path, 'message', p.message, 'text', p.text) END AS rest
FROM people p
