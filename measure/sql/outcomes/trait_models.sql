-- The trait models of the build that readers see.
SELECT m.model, b.build, b.fingerprint, b.as_of
FROM models.meta_models AS m
JOIN models.meta_builds AS b ON b.build = m.build
WHERE b.state = 'live' AND m.kind = 'trait'
ORDER BY m.model
