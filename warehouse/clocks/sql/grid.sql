-- What builds at past moments would have known; the rows of one connection.
CREATE OR REPLACE TEMP TABLE trait_grid (
    user_id VARCHAR, trait VARCHAR, value VARCHAR, event_at TIMESTAMP, known_at TIMESTAMP, fingerprint VARCHAR, build BIGINT
)
