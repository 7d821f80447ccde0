-- One clock: a ticket closed later was still open, and nobody had rated it.
SELECT * REPLACE (
    CASE WHEN closed_at < $at THEN closed_at END AS closed_at,
    CASE WHEN closed_at < $at THEN status ELSE 'open' END AS status,
    CASE WHEN closed_at < $at THEN csat_score END AS csat_score
)
FROM fct_support
WHERE created_at < $at
