-- From when on decisions let their messages out, and the moments that these took a place for in the end.
WITH asked AS (SELECT UNNEST($decisions) AS decision_id)
SELECT i.decision_id, epoch_us(i.not_before), epoch_us(COALESCE(s.counts_at, i.not_before))
FROM (SELECT i.decision_id, i.not_before FROM intents AS i WHERE i.decision_id IN (SELECT a.decision_id FROM asked AS a)) AS i
LEFT JOIN (
    SELECT s.decision_id, s.counts_at FROM slots AS s WHERE s.decision_id IN (SELECT a.decision_id FROM asked AS a)
) AS s ON s.decision_id = i.decision_id
