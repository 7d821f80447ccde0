-- One row per user of a population and candidate, for those who ask what a tick decides.
CREATE OR REPLACE TEMP TABLE outcome AS
SELECT
    l.user_id, c.policy_key, c.policy_version, c.action_key, c.tier, r.reason_code, l.eligible, l.ghost, w.channel,
    CASE WHEN r.reason_code = 'SELECTED' OR l.ghost THEN make_timestamp(l.ready) END AS not_before
FROM laid l
JOIN candidates c ON c.number = l.number
JOIN ways w ON w.number = l.number AND w.place = l.place
JOIN reasons r ON r.reason = l.reason
