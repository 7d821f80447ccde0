-- Messages that were put off right before sending take their place under the caps from when they leave.
UPDATE slots SET counts_at = g.moment
FROM (SELECT unnest($decision_ids) AS decision_id, unnest($moments) AS moment) g
WHERE slots.decision_id = g.decision_id
