-- What is stored keeps only planned properties where the plan says so; the raw log and dead letters keep everything.
UPDATE arrived SET properties = JSON_MERGE_PATCH(arrived.properties, gone.patch)
FROM (
    SELECT u.seq, JSON_GROUP_OBJECT(u.key, JSON('null')) AS patch
    FROM unlisted u JOIN judged j ON j.seq = u.seq
    WHERE u.others = 'drop' AND j.verdict = 'stored'
    GROUP BY u.seq
) AS gone
WHERE gone.seq = arrived.seq;
