-- What went out, or would have for a ghost, takes its place under the caps from when it may go out.
INSERT INTO slots
SELECT
    md5($cycle_id || '/' || c.policy_key || '/' || c.action_key || '/' || r.user_id), $cycle_id, r.user_id,
    make_timestamp(r.ready), r.ghost, c.offer_terms, c.offer_from, c.offer_until
FROM granted_rows r JOIN candidates c ON c.number = r.number
