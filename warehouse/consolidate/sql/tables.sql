-- What consolidation writes. Rows that come from elsewhere, such as an import, live beside its own.
CREATE TABLE IF NOT EXISTS fct_events (
    event_time TIMESTAMP, user_id VARCHAR, event_name VARCHAR, properties JSON, message_id VARCHAR,
    anonymous_id VARCHAR, received_at TIMESTAMP, device_os VARCHAR, app_version VARCHAR
);
CREATE TABLE IF NOT EXISTS dim_users (
    user_id VARCHAR, device_os VARCHAR, utm_source VARCHAR, country VARCHAR, marketing_opt_in BOOLEAN, timezone VARCHAR,
    email VARCHAR, signup_at TIMESTAMP, app_version VARCHAR, merged_into VARCHAR
);
-- What each identifier said last (or, of where somebody came from, first): value with its time and message.
CREATE TABLE IF NOT EXISTS said_traits (
    node_id BIGINT,
    device_os STRUCT("at" TIMESTAMP, message_id VARCHAR, value VARCHAR), utm_source STRUCT("at" TIMESTAMP, message_id VARCHAR, value VARCHAR),
    country STRUCT("at" TIMESTAMP, message_id VARCHAR, value VARCHAR), marketing_opt_in STRUCT("at" TIMESTAMP, message_id VARCHAR, value VARCHAR),
    timezone STRUCT("at" TIMESTAMP, message_id VARCHAR, value VARCHAR), email STRUCT("at" TIMESTAMP, message_id VARCHAR, value VARCHAR),
    created_at STRUCT("at" TIMESTAMP, message_id VARCHAR, value VARCHAR), app_version STRUCT("at" TIMESTAMP, message_id VARCHAR, value VARCHAR)
);
-- What was written about each user, and what was there before or came from elsewhere since.
CREATE TABLE IF NOT EXISTS users_written (
    user_id VARCHAR, device_os VARCHAR, utm_source VARCHAR, country VARCHAR, marketing_opt_in BOOLEAN, timezone VARCHAR,
    email VARCHAR, signup_at TIMESTAMP, app_version VARCHAR, merged_into VARCHAR
);
CREATE TABLE IF NOT EXISTS users_elsewhere (
    user_id VARCHAR, device_os VARCHAR, utm_source VARCHAR, country VARCHAR, marketing_opt_in BOOLEAN, timezone VARCHAR,
    email VARCHAR, signup_at TIMESTAMP, app_version VARCHAR, merged_into VARCHAR
);
-- Users whose earlier events changed: traits count them anew. NULL: everybody's may have.
CREATE SCHEMA IF NOT EXISTS models;
CREATE TABLE IF NOT EXISTS models.touched (user_id VARCHAR);
