-- Each value that is another than at the build before, and each user who is gone since.
WITH placed AS (
    SELECT
        user_id, trait, value, fingerprint,
        ROW_NUMBER() OVER (PARTITION BY user_id, trait ORDER BY known_at DESC, build DESC) AS place
    FROM trait_history
),
latest AS (
    SELECT user_id, trait, value, fingerprint FROM placed WHERE place = 1
)
SELECT
    COALESCE(n.user_id, l.user_id) AS user_id,
    COALESCE(n.trait, l.trait) AS trait,
    n.value,
    $event_at AS event_at,
    $known_at AS known_at,
    n.fingerprint,
    $build AS build
FROM now_known AS n
FULL JOIN latest AS l ON l.user_id = n.user_id AND l.trait = n.trait
WHERE
    (n.user_id IS NULL AND l.fingerprint IS NOT NULL)
    OR (n.user_id IS NOT NULL AND (l.fingerprint IS NULL OR n.value IS DISTINCT FROM l.value))
ORDER BY 1, 2
