-- What each tool was told of each user last; with a problem: what it did not take, which is not told again until it changes; 'drifted': told again whole by the next run.
CREATE TABLE IF NOT EXISTS synced_profiles (
    sync VARCHAR, user_id VARCHAR, document VARCHAR, problem VARCHAR, synced_at TIMESTAMP
);
-- What a tool has to be told, as the last run found it.
CREATE TABLE IF NOT EXISTS sync_changes (sync VARCHAR, user_id VARCHAR, before VARCHAR, after VARCHAR);
