-- What judging needs to know of the slice: the few narrow columns that every event is held against.
CREATE OR REPLACE TEMP TABLE arrived AS
SELECT seq, request_id, request_events, source_id, received_at, message_key, type, sent_name,
    user_id IS NULL AND anonymous_id IS NULL AS nobody
FROM slice;
