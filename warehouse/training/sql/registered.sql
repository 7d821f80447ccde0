SELECT
    model_id, version, kind, CAST(inputs AS VARCHAR), CAST(metrics AS VARCHAR), artifact_sha256, snapshot_sha256, seed,
    trained_with, stage, trained_at
FROM model_registry
WHERE CAST($model_id AS VARCHAR) IS NULL OR model_id = $model_id
ORDER BY model_id, version DESC
