-- What users' traits were, as a history: a row only when a value changed at a build. A row without a
-- fingerprint says that the user was gone. To look for a way to compress users costs more than to write them.
CREATE TABLE IF NOT EXISTS trait_history (
    user_id VARCHAR USING COMPRESSION 'uncompressed', trait VARCHAR, value VARCHAR, event_at TIMESTAMP, known_at TIMESTAMP, fingerprint VARCHAR, build BIGINT
);
-- The builds that were recorded: from the first on, history says what was known.
CREATE SCHEMA IF NOT EXISTS models;
CREATE TABLE IF NOT EXISTS models.trait_builds (build BIGINT, event_at TIMESTAMP, known_at TIMESTAMP, changed BIGINT);
