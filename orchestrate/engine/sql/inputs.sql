-- The empty lists of one tick, as this connection's own tables; gather.py fills them.
CREATE OR REPLACE TEMP TABLE zone_places (timezone VARCHAR, zone SMALLINT);
CREATE OR REPLACE TEMP TABLE released (decision_id VARCHAR);
CREATE OR REPLACE TEMP TABLE action_classes (action_key VARCHAR, message_class VARCHAR, exclusion_group VARCHAR);
CREATE OR REPLACE TEMP TABLE candidates (
    number INTEGER, policy_key VARCHAR, policy_version INTEGER, action_key VARCHAR, tier INTEGER, message_class VARCHAR,
    exclusion_group VARCHAR, expires_after_seconds BIGINT, cooldown_seconds BIGINT, repeats BOOLEAN,
    expires_at TIMESTAMP, offer_terms VARCHAR, offer_from TIMESTAMP, offer_until TIMESTAMP
);
CREATE OR REPLACE TEMP TABLE pausing (
    number INTEGER, place INTEGER, scope VARCHAR, outcome VARCHAR, n INTEGER, window_seconds BIGINT, pause_seconds BIGINT
);
CREATE OR REPLACE TEMP TABLE consents_asked (place INTEGER, purpose VARCHAR, channel VARCHAR);
CREATE OR REPLACE TEMP TABLE offers_asked (offer INTEGER, terms VARCHAR);
CREATE OR REPLACE TEMP TABLE lots (lot INTEGER, salt VARCHAR, low VARCHAR, high VARCHAR);
CREATE OR REPLACE TEMP TABLE chunk_users (place INTEGER, user_id VARCHAR, zone SMALLINT, own BOOLEAN);
-- The holdouts and experiments of candidates; an experiment belongs to an action, a holdout to a whole policy.
CREATE OR REPLACE TEMP TABLE assignments (number INTEGER, is_holdout BOOLEAN, policy_key VARCHAR, action_key VARCHAR, salt VARCHAR);
-- The channel at each place of a candidate's route; -1, which reaches nobody, shows the first.
CREATE OR REPLACE TEMP TABLE ways (number INTEGER, place TINYINT, channel VARCHAR);
CREATE OR REPLACE TEMP TABLE reasons (reason UTINYINT, reason_code VARCHAR, outcome VARCHAR);
-- RFC 4122, version 5, in the DNS namespace's sibling for URLs: equal to Python's uuid5(NAMESPACE_URL, name).
CREATE OR REPLACE TEMP MACRO uuid5_of(h) AS concat(
    left(h, 8), '-', substr(h, 9, 4), '-5', substr(h, 14, 3), '-',
    CASE WHEN substr(h, 17, 1) IN ('0', '4', '8', 'c') THEN '8' WHEN substr(h, 17, 1) IN ('1', '5', '9', 'd') THEN '9' WHEN substr(h, 17, 1) IN ('2', '6', 'a', 'e') THEN 'a' ELSE 'b' END,
    substr(h, 18, 3), '-', substr(h, 21, 12)
);
CREATE OR REPLACE TEMP MACRO uuid5(name) AS uuid5_of(sha1(unhex('6ba7b8119dad11d180b400c04fd430c8') || encode(name)));
