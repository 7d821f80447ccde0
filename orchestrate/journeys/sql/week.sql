-- By how many days ago: how many entered that day, each user or key counted as often as it may enter.
CREATE OR REPLACE TEMP TABLE jr_week AS
SELECT ago, COUNT(*) AS entries
FROM (
    SELECT MAX(ago) AS ago
    FROM (
        SELECT
            user_id, CASE WHEN $keyed THEN entry_key END AS unit,
            CAST(floor(date_diff('second', ts, $as_of) / 86400) AS INTEGER) + 1 AS ago
        FROM jr_entering
    ) found
    GROUP BY user_id, unit, CASE WHEN $daily THEN ago END
) counted
GROUP BY ago;
