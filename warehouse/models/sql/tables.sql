-- What the model layer keeps beside its tables. A schema of its own: readers of the catalog do not see it.
CREATE SCHEMA IF NOT EXISTS models;
-- Every build that is kept. state: candidate (audited, not shown), live (what readers see), kept (can be shown again).
CREATE TABLE IF NOT EXISTS models.meta_builds (
    build BIGINT, fingerprint VARCHAR, state VARCHAR, as_of TIMESTAMP, built_at TIMESTAMP,
    relation VARCHAR, row_count BIGINT
);
-- The models of each build, with what their audits found.
CREATE TABLE IF NOT EXISTS models.meta_models (
    build BIGINT, model VARCHAR, kind VARCHAR, fingerprint VARCHAR, how VARCHAR, audits VARCHAR
);
-- The files of every set that was built: what is worked out again for a past moment uses those that are live.
CREATE TABLE IF NOT EXISTS models.meta_files (fingerprint VARCHAR, model VARCHAR, file VARCHAR);
-- What sets stand on that do not read the canonical tables.
CREATE TABLE IF NOT EXISTS models.meta_sources (fingerprint VARCHAR, sources VARCHAR);
-- Where the counters of incremental models are, and up to what they have read.
CREATE TABLE IF NOT EXISTS models.counters (
    model VARCHAR, logic VARCHAR, relation VARCHAR, as_of TIMESTAMP,
    rows_before BIGINT, received_up_to TIMESTAMP
);
-- Users whose earlier events were changed, removed or given to somebody else since the last build.
-- NULL: anybody's may have been.
CREATE TABLE IF NOT EXISTS models.touched (user_id VARCHAR);
