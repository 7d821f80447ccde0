-- Who the users are: observable attributes and the latent ones that drive what they do.
CREATE OR REPLACE TEMP TABLE people AS
WITH numbered AS (
    SELECT unnest(range(1, users + 1)) AS ordinal FROM world
),
placed AS (
    -- Ids follow sign-up order: 30 % came before the data begins, the rest at a growing rate.
    SELECT
        n.ordinal, hash(n.ordinal, w.seed) AS key, (n.ordinal - 0.5) / w.users >= 1 - w.surge_share AS surged,
        least((n.ordinal - 0.5) / w.users / (1 - w.surge_share), 1.0) AS place,
        ((n.ordinal - 0.5) / w.users - (1 - w.surge_share)) / nullif(w.surge_share, 0) AS surge_place
    FROM numbered n CROSS JOIN world w
),
dated AS (
    SELECT
        p.ordinal, p.key, p.surged,
        CASE
            WHEN p.surged THEN w.as_of - to_seconds(CAST(ceil(7 * 86400 * (1 - p.surge_place)) AS BIGINT))
            WHEN p.place < 0.3 THEN w.starts_at - to_seconds(CAST(300 * 86400 * (1 - p.place / 0.3) AS BIGINT))
            ELSE w.starts_at + to_seconds(CAST(floor(
                w.days * 86400 * ((sqrt(1 + 5.25 * (p.place - 0.3) / 0.7) - 1) / 1.5)) AS BIGINT))
        END AS signup_at
    FROM placed p CROSS JOIN world w
),
drawn AS (
    SELECT
        d.ordinal, d.key, d.surged, d.signup_at,
        CAST(floor(date_diff('second', w.starts_at, d.signup_at) / 86400.0) AS INTEGER) AS signup_day,
        d.ordinal % 33 = 5 AS is_merged,
        draw(d.key, 'os', 0) AS os, draw(d.key, 'source', 0) AS source, draw(d.key, 'country', 0) AS place,
        draw(d.key, 'zone', 0) AS zone, draw(d.key, 'engagement', 0) AS engagement, draw(d.key, 'lag', 0) AS lag,
        draw(d.key, 'intent', 0) AS wish
    FROM dated d CROSS JOIN world w
)
SELECT
    d.ordinal, d.key, d.is_merged, d.surged, d.signup_at, d.signup_day,
    CASE WHEN d.surged THEN 0.12 ELSE 0.08 + 4.6 * d.wish * d.wish * d.wish * d.wish END AS intent,
    'u' || lpad(CAST(d.ordinal AS VARCHAR), 7, '0') AS user_id,
    CASE WHEN d.surged OR d.os < 0.46 THEN 'ios' WHEN d.os < 0.88 THEN 'android' ELSE 'web' END AS device_os,
    CASE
        WHEN d.surged THEN 'tiktok' WHEN d.source < 0.30 THEN 'organic' WHEN d.source < 0.52 THEN 'google'
        WHEN d.source < 0.66 THEN 'facebook' WHEN d.source < 0.74 THEN 'instagram'
        WHEN d.source < 0.83 THEN 'tiktok' WHEN d.source < 0.93 THEN 'referral'
    END AS utm_source,
    CASE
        WHEN d.place < 0.34 THEN 'US' WHEN d.place < 0.46 THEN 'GB' WHEN d.place < 0.58 THEN 'DE'
        WHEN d.place < 0.67 THEN 'FR' WHEN d.place < 0.75 THEN 'BR' WHEN d.place < 0.83 THEN 'IN'
        WHEN d.place < 0.88 THEN 'CA' WHEN d.place < 0.92 THEN 'AU' WHEN d.place < 0.95 THEN 'JP' WHEN d.place < 0.97 THEN 'MX'
    END AS country,
    CASE
        WHEN d.zone < 0.005 THEN 'Mars/Base' WHEN d.zone < 0.008 THEN 'UTC+25' WHEN d.zone < 0.05 THEN NULL
        WHEN d.place < 0.34 THEN ['America/New_York', 'America/Chicago', 'America/Los_Angeles'][1 + CAST(floor(d.zone * 3) AS BIGINT)]
        WHEN d.place < 0.46 THEN 'Europe/London' WHEN d.place < 0.58 THEN 'Europe/Berlin'
        WHEN d.place < 0.67 THEN 'Europe/Paris' WHEN d.place < 0.75 THEN 'America/Sao_Paulo'
        WHEN d.place < 0.83 THEN 'Asia/Kolkata' WHEN d.place < 0.88 THEN 'America/Toronto' WHEN d.place < 0.92 THEN 'Australia/Sydney'
        WHEN d.place < 0.95 THEN 'Asia/Tokyo' WHEN d.place < 0.97 THEN 'America/Mexico_City' ELSE 'Etc/UTC'
    END AS timezone,
    d.engagement * d.engagement * 0.5 + d.engagement * 0.5 AS engagement,
    -- Half of all users run a new release within a day; the slowest wait over a week.
    CAST(CASE WHEN d.os >= 0.88 AND NOT d.surged THEN 0 ELSE floor(2.0 * d.lag * d.lag / (1.19 - d.lag)) END AS INTEGER) AS update_lag,
    -- The last day a user is seen: a long tail that grows with engagement.
    CAST(least(w.days - 1, greatest(d.signup_day, 0)
        + floor((18 + 140 * d.engagement) * draw(d.key, 'stay', 0) / (1.02 - draw(d.key, 'stay', 0)))) AS INTEGER) AS last_day,
    -- One user in 67 shares a device with the user who signed up just before.
    'a' || to_hex(hash(CASE WHEN draw(d.key, 'shared', 0) < 0.015 THEN greatest(d.ordinal - 1, 1) ELSE d.ordinal END, w.seed, 'device')) AS anonymous_id
FROM drawn d CROSS JOIN world w
ORDER BY d.ordinal;

-- A visit is a day on which a user opens the app; the block table says which days are being made.
CREATE OR REPLACE TEMP TABLE block AS SELECT 0 AS first_day, days - 1 AS last_day FROM world;

CREATE OR REPLACE TEMP VIEW visits AS
WITH candidates AS (
    SELECT
        p.*, CAST(unnest(range(greatest(p.signup_day, b.first_day), least(p.last_day, b.last_day) + 1)) AS INTEGER) AS day
    FROM people p CROSS JOIN block b
    WHERE NOT p.is_merged AND p.signup_day <= b.last_day AND p.last_day >= b.first_day
)
SELECT
    v.*, CASE
        WHEN v.day = v.signup_day THEN v.signup_at + INTERVAL 20 SECOND
        ELSE c.day_at + to_seconds(CAST(floor(86400 * (0.14 + 0.41 * (draw(v.key, 'hour', v.day) + draw(v.key, 'minute', v.day)))) AS BIGINT))
    END AS visit_at
FROM candidates v JOIN calendar c ON c.day = v.day
WHERE v.day = v.signup_day
    OR draw(v.key, 'visit', v.day) < (0.36 + 0.64 * v.engagement) * c.liveliness;
