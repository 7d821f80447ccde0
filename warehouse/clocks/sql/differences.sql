-- The first few of each trait's differing users, and how many there are.
SELECT trait, user_id, value_then, value_now, users
FROM (
    SELECT
        trait, user_id, value_then, value_now,
        COUNT(*) OVER (PARTITION BY trait) AS users,
        ROW_NUMBER() OVER (PARTITION BY trait ORDER BY user_id) AS place
    FROM differing
) AS counted
WHERE place <= $examples
ORDER BY trait, place
