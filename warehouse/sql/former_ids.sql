-- Users who were merged, each with the person they are now, however many merges lie between.
CREATE OR REPLACE TEMP TABLE former_ids AS
WITH RECURSIVE chain AS (
    SELECT user_id, merged_into AS person, 1 AS depth FROM merges_of_users
    UNION ALL
    SELECT c.user_id, m.merged_into, c.depth + 1 FROM chain c JOIN merges_of_users m ON m.user_id = c.person WHERE c.depth < 20
)
SELECT user_id, arg_max(person, depth) AS person FROM chain GROUP BY user_id
