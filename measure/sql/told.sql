-- Events, those of several identifiers of one device as those of one user.
SELECT
    COALESCE(s.person, e.user_id) AS user_id, e.event_name, e.event_time, e.received_at, e.app_version, e.properties,
    e.device_os, e.anonymous_id
FROM fct_events AS e
LEFT JOIN same AS s ON s.user_id = e.user_id
