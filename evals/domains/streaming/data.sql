-- Viewers of a streaming service over five months. Untidy on purpose: closed profiles, missing
-- languages and genres, paused subscriptions without a price, rentals dated after the moment of decision.
CREATE MACRO r(k, s) AS (hash(k || '/' || s) % 1000000) / 1000000.0;

CREATE TABLE viewers AS
SELECT
    'V' || n AS viewer_id,
    CASE WHEN r(n::VARCHAR, 'land') < 0.3 THEN 'US' WHEN r(n::VARCHAR, 'land') < 0.48 THEN 'ES' WHEN r(n::VARCHAR, 'land') < 0.64 THEN 'MX'
        WHEN r(n::VARCHAR, 'land') < 0.8 THEN 'SE' WHEN r(n::VARCHAR, 'land') < 0.95 THEN 'JP' END AS country,
    CASE WHEN r(n::VARCHAR, 'dev') < 0.4 THEN 'tv' WHEN r(n::VARCHAR, 'dev') < 0.75 THEN 'phone' WHEN r(n::VARCHAR, 'dev') < 0.87 THEN 'tablet' ELSE 'web' END AS main_device,
    CASE WHEN r(n::VARCHAR, 'lang') < 0.45 THEN 'en' WHEN r(n::VARCHAR, 'lang') < 0.75 THEN 'es' WHEN r(n::VARCHAR, 'lang') < 0.85 THEN 'sv' WHEN r(n::VARCHAR, 'lang') < 0.94 THEN 'ja' END AS language,
    CASE WHEN r(n::VARCHAR, 'ref') < 0.3 THEN 'friend' WHEN r(n::VARCHAR, 'ref') < 0.55 THEN 'youtube' WHEN r(n::VARCHAR, 'ref') < 0.75 THEN 'podcast' WHEN r(n::VARCHAR, 'ref') < 0.92 THEN 'organic' END AS heard_from,
    CASE WHEN r(n::VARCHAR, 'kids') < 0.3 THEN TRUE WHEN r(n::VARCHAR, 'kids') < 0.92 THEN FALSE END AS has_kids_profile,
    CASE WHEN r(n::VARCHAR, 'opt') < 0.6 THEN TRUE WHEN r(n::VARCHAR, 'opt') < 0.93 THEN FALSE END AS marketing_opt_in,
    CAST(1 + floor(pow(r(n::VARCHAR, 'prof'), 2) * 5) AS INTEGER) AS profiles,
    {{as_of}} - to_minutes(CAST(floor(pow(r(n::VARCHAR, 'came'), 1.5) * 800 * 1440) AS INTEGER)) AS signed_up_at,
    CASE WHEN r(n::VARCHAR, 'gone') < 0.04 THEN {{as_of}} - INTERVAL 20 DAY END AS closed_at,
    'v' || n || '@post.example' AS email,
    'UTC' AS timezone
FROM range(1, 2401) AS t (n);

CREATE TABLE watch_log AS
WITH moments AS (
    SELECT
        v.viewer_id, k.event_name, v.viewer_id || '/' || k.event_name || '/' || i.i AS key, v.main_device,
        CASE
            WHEN r(v.viewer_id || k.event_name || i.i, 'late') < 0.01 THEN {{as_of}} + INTERVAL 4 HOUR
            ELSE {{as_of}} - to_seconds(CAST(floor(
                pow(r(v.viewer_id || k.event_name || i.i, 'when'), 1.5) * least(date_diff('second', v.signed_up_at, {{as_of}}), 150 * 86400)
            ) AS BIGINT) + 1)
        END AS event_time
    FROM viewers AS v
    CROSS JOIN (
        VALUES ('app_opened', 15.0), ('title_started', 12.0), ('title_finished', 7.5), ('trailer_watched', 4.0), ('list_item_added', 3.2), ('title_rated', 2.0),
        ('search_made', 4.5), ('download_started', 1.8), ('plans_viewed', 1.7), ('checkout_opened', 1.0), ('payment_failed', 1.9), ('subscription_started', 1.0),
        ('subscription_cancelled', 1.3), ('profile_created', 0.8), ('title_shared', 1.1)
    ) AS k (event_name, rate)
    CROSS JOIN range(0, 30) AS i (i)
    WHERE i.i < floor(k.rate * pow(r(v.viewer_id, 'zeal'), 1.1) * 2.6 * r(v.viewer_id, k.event_name))
)
SELECT
    viewer_id, event_name, event_time, main_device AS device, '12.' || CAST(floor(r(key, 'version') * 3) AS INTEGER) AS app_version,
    CASE
        WHEN event_name IN ('title_started', 'title_finished', 'list_item_added', 'title_rated') THEN json_object(
            'genre', CASE WHEN r(key, 'genre') < 0.27 THEN 'drama' WHEN r(key, 'genre') < 0.5 THEN 'comedy' WHEN r(key, 'genre') < 0.66 THEN 'thriller'
                WHEN r(key, 'genre') < 0.8 THEN 'documentary' WHEN r(key, 'genre') < 0.93 THEN 'kids' END,
            'format', CASE WHEN r(key, 'format') < 0.5 THEN 'series' WHEN r(key, 'format') < 0.9 THEN 'film' ELSE 'live' END,
            'minutes', 5 + CAST(floor(r(key, 'minutes') * 140) AS INTEGER),
            'stars', CASE WHEN event_name = 'title_rated' THEN 1 + CAST(floor(r(key, 'stars') * 5) AS INTEGER) END
        )
        WHEN event_name = 'payment_failed' THEN json_object('reason', CASE WHEN r(key, 'why') < 0.5 THEN 'card_declined' ELSE 'expired_card' END)
        WHEN event_name = 'subscription_cancelled' THEN json_object('reason', CASE WHEN r(key, 'why') < 0.4 THEN 'price' WHEN r(key, 'why') < 0.75 THEN 'content' ELSE 'quality' END)
        WHEN event_name = 'subscription_started' THEN json_object('plan', CASE WHEN r(key, 'plan') < 0.5 THEN 'standard' ELSE 'premium' END)
        ELSE '{}'::JSON
    END AS properties
FROM moments;

CREATE TABLE subscriptions AS
WITH begun AS (
    SELECT v.viewer_id, i.i, v.viewer_id || '/sub/' || i.i AS key,
        v.signed_up_at + to_seconds(CAST(floor((i.i + r(v.viewer_id || i.i, 'begun')) / 3.0 * date_diff('second', v.signed_up_at, {{as_of}} + INTERVAL 2 HOUR)) AS BIGINT)) AS started_at
    FROM viewers AS v CROSS JOIN range(0, 3) AS i (i)
    WHERE i.i < floor(r(v.viewer_id, 'subs') * 4)
)
SELECT
    'B' || row_number() OVER (ORDER BY started_at, key) AS subscription_id, viewer_id, started_at,
    CASE WHEN r(key, 'plan') < 0.4 THEN 'basic' WHEN r(key, 'plan') < 0.75 THEN 'standard' ELSE 'premium' END AS plan,
    CASE WHEN r(key, 'state') < 0.2 AND started_at > {{as_of}} - INTERVAL 40 DAY THEN 'trial' WHEN r(key, 'state') < 0.55 THEN 'active'
        WHEN r(key, 'state') < 0.65 THEN 'paused' ELSE 'cancelled' END AS status,
    CASE WHEN r(key, 'state') BETWEEN 0.55 AND 0.65 THEN NULL WHEN r(key, 'plan') < 0.4 THEN 6.99 WHEN r(key, 'plan') < 0.75 THEN 11.99 ELSE 16.99 END AS price,
    CASE WHEN r(key, 'state') < 0.55 THEN {{as_of}} + to_hours(CAST(floor(r(key, 'ends') * 720) AS INTEGER) - 24) ELSE started_at + INTERVAL 30 DAY END AS ends_at
FROM begun;

CREATE TABLE rentals AS
WITH rented AS (
    SELECT v.viewer_id, v.viewer_id || '/rental/' || i.i AS key,
        {{as_of}} - to_seconds(CAST(floor(r(v.viewer_id || i.i, 'rented') * 160 * 86400) AS BIGINT) - CASE WHEN r(v.viewer_id || i.i, 'late') < 0.02 THEN 14000000 ELSE 0 END) AS rented_at
    FROM viewers AS v CROSS JOIN range(0, 8) AS i (i)
    WHERE i.i < floor(pow(r(v.viewer_id, 'rents'), 2.5) * 8)
)
SELECT
    'R' || row_number() OVER (ORDER BY rented_at, key) AS rental_id, viewer_id, rented_at, rented_at + INTERVAL 48 HOUR AS expires_at,
    CASE WHEN r(key, 'genre') < 0.3 THEN 'drama' WHEN r(key, 'genre') < 0.6 THEN 'comedy' WHEN r(key, 'genre') < 0.85 THEN 'thriller' END AS genre,
    CASE WHEN r(key, 'price') < 0.4 THEN 2.99 WHEN r(key, 'price') < 0.8 THEN 4.99 ELSE 7.99 END AS price,
    CASE WHEN r(key, 'seen') < 0.6 THEN TRUE WHEN r(key, 'seen') < 0.95 THEN FALSE END AS watched
FROM rented;

CREATE TABLE help_requests AS
WITH opened AS (
    SELECT v.viewer_id, v.viewer_id || '/help/' || i.i AS key, {{as_of}} - to_seconds(CAST(floor(r(v.viewer_id || i.i, 'opened') * 120 * 86400) AS BIGINT)) AS opened_at
    FROM viewers AS v CROSS JOIN range(0, 4) AS i (i)
    WHERE i.i < floor(pow(r(v.viewer_id, 'grief'), 3) * 4.4)
)
SELECT
    'H' || row_number() OVER (ORDER BY opened_at, key) AS request_id, viewer_id, opened_at,
    CASE WHEN r(key, 'topic') < 0.4 THEN 'playback' WHEN r(key, 'topic') < 0.75 THEN 'billing' WHEN r(key, 'topic') < 0.95 THEN 'account' END AS topic,
    CASE WHEN r(key, 'end') < 0.3 THEN NULL WHEN r(key, 'end') < 0.35 THEN {{as_of}} + INTERVAL 2 DAY
        ELSE least(opened_at + to_hours(CAST(1 + floor(r(key, 'took') * 100) AS INTEGER)), {{as_of}} - INTERVAL 1 MINUTE) END AS solved_at,
    CASE WHEN r(key, 'end') >= 0.35 AND r(key, 'rated') < 0.6 THEN 1 + CAST(floor(r(key, 'score') * 5) AS INTEGER) END AS score
FROM opened;

CREATE TABLE fct_messages AS
SELECT
    'M' || row_number() OVER (ORDER BY v.viewer_id, i.i) AS message_id, v.viewer_id AS user_id,
    CASE WHEN r(v.viewer_id || i.i, 'chan') < 0.5 THEN 'email' ELSE 'push' END AS channel, 'new_release' AS action_key,
    {{as_of}} - to_seconds(CAST(floor(r(v.viewer_id || i.i, 'sent') * 60 * 86400) AS BIGINT)) AS sent_at,
    CASE WHEN r(v.viewer_id || i.i, 'read') < 0.4 THEN {{as_of}} - INTERVAL 1 HOUR END AS opened_at, CAST(NULL AS TIMESTAMP) AS clicked_at
FROM viewers AS v CROSS JOIN range(0, 6) AS i (i)
WHERE i.i < floor(r(v.viewer_id, 'mails') * 6);

CREATE TABLE fct_consent AS
SELECT viewer_id AS user_id, 'marketing' AS purpose, c.channel, CASE WHEN r(viewer_id, c.channel) < 0.7 THEN 'granted' ELSE 'withdrawn' END AS status, signed_up_at AS effective_at
FROM viewers CROSS JOIN (VALUES ('email'), ('push')) AS c (channel)
WHERE r(viewer_id, 'said') < 0.9;

CREATE TABLE traits AS
WITH seen AS (
    SELECT viewer_id, sum(CAST(json_extract_string(properties, '$.minutes') AS DOUBLE)) / 60 AS hours
    FROM watch_log
    WHERE event_name = 'title_started' AND event_time >= {{as_of}} - INTERVAL 30 DAY AND event_time < {{as_of}}
    GROUP BY viewer_id
)
SELECT
    v.viewer_id AS user_id, round(coalesce(s.hours, 0), 1) AS watch_hours,
    CASE WHEN r(v.viewer_id, 'known') < 0.92 THEN round(r(v.viewer_id, 'churn'), 2) END AS churn_risk,
    CASE WHEN r(v.viewer_id, 'fav') < 0.27 THEN 'drama' WHEN r(v.viewer_id, 'fav') < 0.5 THEN 'comedy' WHEN r(v.viewer_id, 'fav') < 0.66 THEN 'thriller'
        WHEN r(v.viewer_id, 'fav') < 0.8 THEN 'documentary' WHEN r(v.viewer_id, 'fav') < 0.9 THEN 'kids' END AS favourite_genre,
    CASE WHEN v.signed_up_at > {{as_of}} - INTERVAL 14 DAY THEN 'newcomer' WHEN coalesce(s.hours, 0) >= 8 THEN 'binger' WHEN coalesce(s.hours, 0) >= 2 THEN 'regular'
        WHEN coalesce(s.hours, 0) > 0 THEN 'fading' ELSE 'gone' END AS viewer_stage
FROM viewers AS v LEFT JOIN seen AS s ON s.viewer_id = v.viewer_id;

CREATE TABLE app_releases AS
SELECT * FROM (VALUES ('12.0', TIMESTAMP '2025-11-10'), ('12.1', TIMESTAMP '2026-01-20'), ('12.2', TIMESTAMP '2026-03-06')) AS t (app_version, released_at);
CREATE TABLE decisions (decision_id VARCHAR, user_id VARCHAR, decided_at TIMESTAMP, action_key VARCHAR, channel VARCHAR, outcome VARCHAR, reason_code VARCHAR);
