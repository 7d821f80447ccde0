-- The n-th outcome within the window starts the pause; one that looks at a channel pauses that channel only.
WITH counted AS (
    SELECT
        s.number, o.place, s.n, s.pause_seconds, o.at, CASE WHEN s.scope = 'channel' THEN o.channel END AS channel,
        COUNT(*) OVER (
            PARTITION BY s.number, s.place, o.place, CASE WHEN s.scope = 'channel' THEN o.channel END
            ORDER BY o.at RANGE BETWEEN to_seconds(s.window_seconds) PRECEDING AND CURRENT ROW
        ) AS happened
    FROM pausing s
    JOIN candidates c ON c.number = s.number
    JOIN outcomes o ON o.outcome = s.outcome AND (
        s.scope IN ('all', 'channel')
        OR s.scope = 'action' AND o.action_key = c.action_key
        OR s.scope = 'class' AND o.message_class = c.message_class
        OR s.scope = 'group' AND o.exclusion_group = c.exclusion_group
    )
)
SELECT number, list(place) AS places, list(channel) AS channels
FROM (SELECT DISTINCT k.number, k.place, k.channel FROM counted k WHERE k.happened >= k.n AND k.at + to_seconds(k.pause_seconds) > $as_of) AS paused
GROUP BY number
