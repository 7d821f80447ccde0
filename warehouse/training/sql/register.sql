INSERT INTO model_registry
SELECT
    $model_id, $version, $kind, CAST($inputs AS JSON), CAST($metrics AS JSON), $artifact_sha256, $snapshot_sha256, $seed,
    $trained_with, $stage, $trained_at
