-- Every payment: the first of a sale, and those by which it renews while it runs, up to a moment.
SELECT
    s.user_id, s.amount,
    CASE WHEN r.n = 0 THEN s.started_at ELSE s.started_at + TO_DAYS(CAST(r.n * s.renewed_after AS INTEGER)) END AS paid_at,
    r.n AS renewal
FROM sales AS s
JOIN RANGE(0, 2000) AS r(n)
    ON r.n = 0
    OR (r.n * s.renewed_after < DATE_DIFF('second', s.started_at, LEAST(COALESCE(s.ended_at, :as_of), :as_of)) / 86400.0)
WHERE s.started_at < :as_of
