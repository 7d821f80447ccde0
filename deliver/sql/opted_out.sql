-- Who told a provider no has told us: consent ends at that moment, once however often it is written.
INSERT INTO fct_consent (user_id, purpose, channel, status, effective_at, observed_at, source)
WITH given AS (
    SELECT unnest($user_ids) AS user_id, unnest($purposes) AS purpose, unnest($channels) AS channel,
        unnest($moments) AS moment, unnest($sources) AS source
)
SELECT DISTINCT g.user_id, g.purpose, g.channel, 'withdrawn', g.moment, g.moment, g.source
FROM given g
WHERE NOT EXISTS (
    SELECT 1 FROM fct_consent c
    WHERE c.user_id = g.user_id AND c.purpose = g.purpose AND c.channel = g.channel
        AND c.effective_at = g.moment AND c.source = g.source
);
