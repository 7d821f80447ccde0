-- Who was merged into one of these users, however many merges lie between.
WITH RECURSIVE found AS (
    SELECT user_id, merged_into AS person, 1 AS depth FROM merges_of_users WHERE merged_into IN (SELECT UNNEST($users))
    UNION ALL
    SELECT m.user_id, f.person, f.depth + 1 FROM found f JOIN merges_of_users m ON m.merged_into = f.user_id WHERE f.depth < 20
)
SELECT user_id, person FROM found
