-- Users who were merged: their runs go on as the other user's. Of two runs of one journey the older one stays, unless
-- both have a key of their own.
CREATE OR REPLACE TEMP TABLE jr_merged AS
WITH RECURSIVE chain AS (
    SELECT m.user_id, m.merged_into AS person, 1 AS depth
    FROM jr_people m
    WHERE m.user_id IN (SELECT user_id FROM jr_runs)
    UNION ALL
    SELECT c.user_id, m.merged_into, c.depth + 1
    FROM chain c JOIN jr_people m ON m.user_id = c.person
    WHERE c.depth < 20
)
SELECT user_id, arg_max(person, depth) AS person FROM chain GROUP BY user_id;

UPDATE jr_runs SET user_id = m.person, changed = TRUE FROM jr_merged m WHERE jr_runs.user_id = m.user_id;

UPDATE jr_runs SET exit_reason = 'MERGED', exited_at = $as_of, changed = TRUE
FROM (
    SELECT
        run_id, ROW_NUMBER() OVER (
            PARTITION BY journey_key, user_id, CASE WHEN journey_key IN (SELECT unnest($keyed)) THEN entry_key ELSE '' END
            ORDER BY entered_at, run_id
        ) AS place
    FROM jr_runs
    WHERE user_id IN (SELECT person FROM jr_merged)
) p
WHERE p.run_id = jr_runs.run_id AND p.place > 1;
