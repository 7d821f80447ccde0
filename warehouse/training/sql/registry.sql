-- Every score that was trained: what it was learnt from, how good it is, and where it stands.
CREATE TABLE IF NOT EXISTS model_registry (
    model_id VARCHAR, version INTEGER, kind VARCHAR, inputs JSON, metrics JSON, artifact_sha256 VARCHAR,
    snapshot_sha256 VARCHAR, seed BIGINT, trained_with VARCHAR, stage VARCHAR, trained_at TIMESTAMP
);
