-- The offer that each user sees already: its number among those of the tick (a large one for any other), or several.
SELECT p.place, MIN(COALESCE(o.offer, 1000000)) AS offer, COUNT(DISTINCT p.offer_terms) > 1 AS several
FROM past p
LEFT JOIN offers_asked o ON o.terms = p.offer_terms
WHERE p.offer_from <= $as_of AND p.offer_until > $as_of
GROUP BY p.place
