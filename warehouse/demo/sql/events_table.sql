CREATE OR REPLACE TABLE fct_events (
    event_time TIMESTAMP, user_id VARCHAR, event_name VARCHAR, properties JSON, message_id VARCHAR,
    anonymous_id VARCHAR, received_at TIMESTAMP, device_os VARCHAR, app_version VARCHAR
);
