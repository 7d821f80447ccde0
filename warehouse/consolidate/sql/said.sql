-- What the new events say about whoever sent them, an identifier at a time; SDKs put traits in either of two places.
CREATE OR REPLACE TEMP TABLE saying AS
WITH told AS (
    SELECT user_id, anonymous_id, {'at': event_time, 'message_id': message_id} AS place, device_os, app_version,
        context ->> '$.campaign.source' AS utm_source, traits, context -> '$.traits' AS also, context ->> '$.timezone' AS zone
    FROM told_events
),
worded AS (
    SELECT user_id, anonymous_id, place, device_os, app_version, utm_source,
        COALESCE(traits ->> '$.country', traits ->> '$.address.country', also ->> '$.country', also ->> '$.address.country') AS country,
        COALESCE(traits ->> '$.marketing_opt_in', traits ->> '$.marketingOptIn', also ->> '$.marketing_opt_in', also ->> '$.marketingOptIn') AS marketing_opt_in,
        COALESCE(traits ->> '$.timezone', also ->> '$.timezone', zone) AS timezone,
        LOWER(TRIM(COALESCE(traits ->> '$.email', also ->> '$.email'))) AS email,
        COALESCE(traits ->> '$.created_at', traits ->> '$.createdAt', also ->> '$.created_at', also ->> '$.createdAt') AS created_at
    FROM told
),
by_ids AS (
    SELECT user_id, anonymous_id,
        MIN({'at': place.at, 'message_id': place.message_id, 'value': device_os}) FILTER (WHERE device_os IS NOT NULL) AS device_os,
        MIN({'at': place.at, 'message_id': place.message_id, 'value': utm_source}) FILTER (WHERE utm_source IS NOT NULL) AS utm_source,
        MAX({'at': place.at, 'message_id': place.message_id, 'value': country}) FILTER (WHERE country IS NOT NULL) AS country,
        MAX({'at': place.at, 'message_id': place.message_id, 'value': marketing_opt_in}) FILTER (WHERE TRY_CAST(marketing_opt_in AS BOOLEAN) IS NOT NULL) AS marketing_opt_in,
        MAX({'at': place.at, 'message_id': place.message_id, 'value': timezone}) FILTER (WHERE timezone IS NOT NULL) AS timezone,
        MAX({'at': place.at, 'message_id': place.message_id, 'value': email}) FILTER (WHERE email IS NOT NULL) AS email,
        MAX({'at': place.at, 'message_id': place.message_id, 'value': created_at}) FILTER (WHERE TRY_CAST(created_at AS TIMESTAMPTZ) IS NOT NULL) AS created_at,
        MAX({'at': place.at, 'message_id': place.message_id, 'value': app_version}) FILTER (WHERE app_version IS NOT NULL) AS app_version
    FROM worded GROUP BY user_id, anonymous_id
),
placed AS (
    SELECT COALESCE(u.node_id, d.node_id) AS node_id, b.* EXCLUDE (user_id, anonymous_id)
    FROM by_ids b
    LEFT JOIN told_ids u ON u.kind = 'user_id' AND u.value = b.user_id
    LEFT JOIN told_ids d ON d.kind = 'anonymous_id' AND d.value = b.anonymous_id
)
SELECT node_id, MIN(device_os) AS device_os, MIN(utm_source) AS utm_source, MAX(country) AS country, MAX(marketing_opt_in) AS marketing_opt_in,
    MAX(timezone) AS timezone, MAX(email) AS email, MAX(created_at) AS created_at, MAX(app_version) AS app_version
FROM placed WHERE node_id IS NOT NULL GROUP BY node_id;

UPDATE said_traits SET
    device_os = LEAST(said_traits.device_os, s.device_os), utm_source = LEAST(said_traits.utm_source, s.utm_source),
    country = GREATEST(said_traits.country, s.country), marketing_opt_in = GREATEST(said_traits.marketing_opt_in, s.marketing_opt_in),
    timezone = GREATEST(said_traits.timezone, s.timezone), email = GREATEST(said_traits.email, s.email),
    created_at = GREATEST(said_traits.created_at, s.created_at), app_version = GREATEST(said_traits.app_version, s.app_version)
FROM saying s WHERE s.node_id = said_traits.node_id;
INSERT INTO said_traits BY NAME SELECT * FROM saying s ANTI JOIN said_traits t ON t.node_id = s.node_id;
