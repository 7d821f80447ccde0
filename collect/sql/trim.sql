-- What is stored keeps only planned properties where the plan says so; the raw log and dead letters keep everything.
UPDATE slice SET properties = JSON_MERGE_PATCH(slice.properties, gone.patch)
FROM (
    SELECT u.seq, JSON_GROUP_OBJECT(u.key, JSON('null')) AS patch FROM unlisted u WHERE u.others = 'drop' GROUP BY u.seq
) AS gone
WHERE gone.seq = slice.seq;
