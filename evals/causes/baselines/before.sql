-- Users who opened the app in a period and how many of them subscribed within the window.
WITH periods AS (
    SELECT
        w AS period, $start - to_days(CAST(7 * w AS INTEGER)) AS starts, $end - to_days(CAST(7 * w AS INTEGER)) AS ends,
        $as_of - to_days(CAST(7 * w AS INTEGER)) AS known_by
    FROM range(CAST($weeks AS BIGINT) + 1) AS t(w)
),
entered AS (
    SELECT p.period, p.known_by, e.user_id, min(e.event_time) AS entry, arg_min(e.app_version, e.event_time) AS app_version, any_value(p.starts) AS starts
    FROM fct_events AS e
    JOIN periods AS p ON e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by
    WHERE e.event_name = $first AND e.device_os = $platform
    GROUP BY p.period, p.known_by, e.user_id
),
converted AS (
    SELECT DISTINCT n.period, n.user_id
    FROM entered AS n
    JOIN fct_events AS e ON e.user_id = n.user_id AND e.event_name = $last
        AND e.event_time >= n.entry AND e.event_time <= n.entry + $window
        AND e.received_at < n.known_by AND e.event_time < n.known_by
)
SELECT
    n.period, u.utm_source, u.country, CASE WHEN u.signup_at >= n.starts THEN 'new' ELSE 'returning' END AS tenure,
    coalesce(n.app_version, 'unknown') AS app_version, count(*) AS entered, count(c.user_id) AS converted
FROM entered AS n
JOIN dim_users AS u ON u.user_id = n.user_id
LEFT JOIN converted AS c ON c.period = n.period AND c.user_id = n.user_id
GROUP BY ALL
