-- What was live and is no longer is retired; what is live says so.
UPDATE model_registry
SET stage = CASE WHEN LIST_CONTAINS($live, artifact_sha256) THEN 'live' WHEN stage = 'live' THEN 'retired' ELSE stage END
