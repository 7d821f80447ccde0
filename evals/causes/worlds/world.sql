-- The arrays of a world as the tables of the demo's catalog. Times come as microseconds since 1970.
INSERT INTO dim_releases BY NAME
SELECT device_os, app_version, make_timestamp(released_at) AS released_at FROM made_releases;

INSERT INTO dim_users BY NAME
SELECT
    'u' || CAST(user AS VARCHAR) AS user_id, $platforms[1 + platform] AS device_os, $sources[1 + source] AS utm_source,
    $countries[1 + country] AS country, consents AS marketing_opt_in, 'UTC' AS timezone,
    make_timestamp(signup_at) AS signup_at, $versions[1 + version] AS app_version
FROM made_users;

INSERT INTO fct_events BY NAME
SELECT
    make_timestamp(event_time) AS event_time, CASE WHEN user >= 0 THEN 'u' || CAST(user AS VARCHAR) END AS user_id,
    $names[1 + name] AS event_name,
    CASE
        WHEN name = 4 THEN $sale_properties[1 + detail]
        WHEN name = 5 THEN $failure_properties[1 + detail]
        ELSE '{}'
    END AS properties,
    'm' || CAST(row_number() OVER () AS VARCHAR) AS message_id, 'd' || CAST(device AS VARCHAR) AS anonymous_id,
    make_timestamp(received_at) AS received_at, $platforms[1 + platform] AS device_os, $versions[1 + version] AS app_version
FROM made_events;

INSERT INTO fct_subscriptions BY NAME
SELECT
    'u' || CAST(user AS VARCHAR) AS user_id, 'active' AS status, $plans[1 + plan] AS plan, price,
    make_timestamp(started_at) AS started_at, TRUE AS is_upgrade
FROM made_sales;

INSERT INTO decisions BY NAME
SELECT
    'n' || CAST(decision AS VARCHAR) AS decision_id, 'u' || CAST(user AS VARCHAR) AS user_id,
    make_timestamp(decided_at) AS decided_at, $policy AS policy_key, 1 AS policy_version, $action AS action_key,
    $channels[1 + channel] AS channel,
    ['suppressed', 'held_out', 'suppressed', 'selected', 'selected'][fate] AS outcome,
    ['NO_CONSENT', 'HELD_OUT_POLICY', 'CAP_REACHED', 'SELECTED', 'SELECTED'][fate] AS reason_code, fate = 2 AS ghost
FROM made_decisions;

INSERT INTO fct_messages BY NAME
SELECT
    'g' || CAST(decision AS VARCHAR) AS message_id, 'u' || CAST(user AS VARCHAR) AS user_id,
    $channels[1 + channel] AS channel, $action AS action_key, $policy AS policy_key,
    'n' || CAST(decision AS VARCHAR) AS decision_id, make_timestamp(decided_at + 2000000) AS sent_at,
    CASE WHEN fate = 5 THEN make_timestamp(decided_at + 9000000) END AS delivered_at,
    CASE WHEN fate = 4 THEN ['unregistered_device', 'bounced'][1 + channel] END AS failed_reason
FROM made_decisions
WHERE fate >= 4;
