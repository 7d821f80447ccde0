-- Consent that ended here, where the team's own record of it is only read: asked about together with theirs.
CREATE TABLE IF NOT EXISTS consent_withdrawn (
    user_id VARCHAR, purpose VARCHAR, channel VARCHAR, status VARCHAR, effective_at TIMESTAMP, observed_at TIMESTAMP, source VARCHAR
);
