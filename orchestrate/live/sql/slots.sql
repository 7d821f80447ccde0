-- What went out, or would have for a ghost, takes its place under the caps from when it may go out.
INSERT INTO slots (decision_id, cycle_id, user_id, counts_at, ghost, offer_terms, offer_from, offer_until)
SELECT
    r.decision_id, r.cycle_id, r.user_id, make_timestamp(r.ready), r.ghost, r.offer_terms, make_timestamp(r.offer_from),
    make_timestamp(r.offer_until)
FROM decision_rows r
WHERE r.outcome = 'selected' OR r.ghost
