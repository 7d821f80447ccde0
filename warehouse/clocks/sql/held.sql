-- What history held at $at: each user's latest value of each trait, users who were gone left out.
WITH placed AS (
    SELECT
        user_id, trait, value, fingerprint,
        ROW_NUMBER() OVER (PARTITION BY user_id, trait ORDER BY known_at DESC, build DESC) AS place
    FROM trait_history
    WHERE known_at <= $at
)
SELECT user_id, trait, value FROM placed WHERE place = 1 AND fingerprint IS NOT NULL
