-- Paid spells, at most two per user, each begun by an attempt that paid (or before the data begins).
CREATE OR REPLACE TEMP TABLE spells AS
WITH paid AS (
    SELECT ordinal, min(started_at) AS started_at FROM (
        SELECT a.ordinal, a.attempt_at + INTERVAL 300 SECOND AS started_at FROM attempts a CROSS JOIN world w
        WHERE a.depth = 5 AND a.attempt_at + INTERVAL 300 SECOND < w.as_of
        UNION ALL SELECT ordinal, started_at FROM earlier_payers
    ) AS p GROUP BY ordinal
),
first_spell AS (
    SELECT p.ordinal, u.key, p.started_at,
        p.started_at + to_days(CAST(30 * (1 + floor(2.2 * draw(u.key, 'spell', 1) / (1.02 - draw(u.key, 'spell', 1)))) AS INTEGER)) AS ends_at
    FROM paid p JOIN people u ON u.ordinal = p.ordinal
),
second_spell AS (
    SELECT f.ordinal, f.key, min(a.attempt_at + INTERVAL 300 SECOND) AS started_at
    FROM first_spell f JOIN attempts a ON a.ordinal = f.ordinal AND a.depth = 5 AND a.attempt_at > f.ends_at
    CROSS JOIN world w WHERE a.attempt_at + INTERVAL 300 SECOND < w.as_of
    GROUP BY f.ordinal, f.key
)
SELECT ordinal, key, 1 AS spell, started_at, ends_at FROM first_spell
UNION ALL
SELECT ordinal, key, 2 AS spell, started_at,
    started_at + to_days(CAST(30 * (1 + floor(2.2 * draw(key, 'spell', 2) / (1.02 - draw(key, 'spell', 2)))) AS INTEGER)) AS ends_at
FROM second_spell;

-- A subscriber has nothing to buy: attempts during a spell do not happen, except for a look at pricing.
CREATE OR REPLACE TEMP TABLE made_attempts AS
WITH judged AS (
    SELECT a.*, max(CASE WHEN s.started_at < a.attempt_at + INTERVAL 300 SECOND AND s.ends_at >= a.attempt_at THEN 1 ELSE 0 END) AS subscribed
    FROM attempts a LEFT JOIN spells s ON s.ordinal = a.ordinal
    GROUP BY ALL
)
SELECT ordinal, key, day, attempt_at, app_version, from_message, CASE WHEN subscribed = 1 THEN 1 ELSE depth END AS depth
FROM judged WHERE subscribed = 0 OR (NOT from_message AND draw(key, 'curious', day) < 0.2);

CREATE OR REPLACE TEMP TABLE new_fct_subscriptions AS
WITH offers AS (
    SELECT
        s.*, s.ends_at < w.as_of AS ended, draw(s.key, 'lapses', s.spell) < 0.2 AS lapses,
        CASE WHEN draw(s.key, 'plan', s.spell) < 0.72 THEN 'monthly' ELSE 'annual' END AS plan,
        CASE WHEN draw(s.key, 'plan', s.spell) < 0.72 THEN 12.99 ELSE 79.99 END
            * (CASE WHEN s.started_at >= w.cause_at THEN w.price_factor ELSE 1.0 END) AS price
    FROM spells s CROSS JOIN world w
),
trials AS (
    SELECT
        p.ordinal, p.key, p.signup_at + to_seconds(CAST(60 + 5400 * draw(p.key, 'trial at', 0) * draw(p.key, 'trial when', 0) AS BIGINT)) AS trial_start,
        CASE WHEN draw(p.key, 'length', 0) < 0.10 THEN 7 WHEN draw(p.key, 'length', 0) < 0.88 THEN 14 ELSE 30 END AS length
    FROM people p WHERE NOT p.is_merged AND draw(p.key, 'trial', 0) < CASE WHEN p.surged THEN 0.3 ELSE 0.78 END
),
begun AS (
    SELECT t.ordinal, t.key, t.trial_start, t.trial_start + to_days(CAST(t.length AS INTEGER)) AS trial_end, s.started_at
    FROM trials t LEFT JOIN spells s ON s.ordinal = t.ordinal AND s.spell = 1 CROSS JOIN world w
    WHERE t.trial_start < w.as_of AND coalesce(s.started_at, w.as_of) > t.trial_start
),
first_trials AS (
    SELECT
        b.ordinal,
        CASE
            WHEN b.started_at <= b.trial_end THEN CASE WHEN NOT o.ended THEN 'active' WHEN o.lapses THEN 'expired' ELSE 'canceled' END
            WHEN b.trial_end > w.as_of OR draw(b.key, 'stuck', 0) < 0.012 THEN 'trialing'
            ELSE 'expired'
        END AS status,
        b.trial_start, b.trial_end, coalesce(b.started_at <= b.trial_end, FALSE) AS is_upgrade,
        CASE WHEN b.started_at <= b.trial_end THEN o.plan ELSE 'monthly' END AS plan,
        CASE WHEN b.started_at <= b.trial_end THEN o.price ELSE 12.99 END AS price,
        CASE WHEN b.started_at <= b.trial_end THEN b.started_at END AS started_at,
        CASE
            WHEN b.started_at <= b.trial_end THEN CASE WHEN o.ended THEN o.ends_at END
            WHEN b.trial_end <= w.as_of AND draw(b.key, 'stuck', 0) >= 0.012 THEN b.trial_end
        END AS ended_at
    FROM begun b LEFT JOIN offers o ON o.ordinal = b.ordinal AND o.spell = 1 CROSS JOIN world w
),
second_trials AS (
    -- A few whose trial expired long ago were given another one.
    SELECT f.ordinal, CASE WHEN f.again_at + INTERVAL 14 DAY > w.as_of THEN 'trialing' ELSE 'expired' END AS status,
        f.again_at AS trial_start, f.again_at + INTERVAL 14 DAY AS trial_end, FALSE AS is_upgrade,
        'monthly' AS plan, 12.99 AS price, CAST(NULL AS TIMESTAMP) AS started_at,
        CASE WHEN f.again_at + INTERVAL 14 DAY <= w.as_of THEN f.again_at + INTERVAL 14 DAY END AS ended_at
    FROM (SELECT t.ordinal, t.trial_end + to_days(CAST(20 + floor(70 * draw(p.key, 'again at', 0)) AS INTEGER)) AS again_at
        FROM first_trials t JOIN people p ON p.ordinal = t.ordinal
        WHERE t.status = 'expired' AND NOT t.is_upgrade AND draw(p.key, 'again', 0) < 0.05) AS f
    CROSS JOIN world w
    WHERE f.again_at < w.as_of AND NOT EXISTS (SELECT 1 FROM spells s WHERE s.ordinal = f.ordinal)
),
bought AS (
    SELECT o.ordinal, CASE WHEN NOT o.ended THEN 'active' WHEN o.lapses THEN 'expired' ELSE 'canceled' END AS status,
        CAST(NULL AS TIMESTAMP) AS trial_start, CAST(NULL AS TIMESTAMP) AS trial_end, FALSE AS is_upgrade, o.plan, o.price, o.started_at,
        CASE WHEN o.ended THEN o.ends_at END AS ended_at
    FROM offers o LEFT JOIN first_trials f ON f.ordinal = o.ordinal AND f.started_at = o.started_at
    WHERE f.ordinal IS NULL
)
SELECT
    p.user_id, s.status, s.trial_start, s.trial_end, s.is_upgrade, s.plan, CAST(round(s.price, 2) AS DOUBLE) AS price, s.started_at, s.ended_at
FROM (
    SELECT * FROM first_trials UNION ALL SELECT * FROM second_trials UNION ALL SELECT * FROM bought
) s
JOIN people p ON p.ordinal = s.ordinal
ORDER BY coalesce(s.trial_start, s.started_at), p.user_id, s.started_at;
