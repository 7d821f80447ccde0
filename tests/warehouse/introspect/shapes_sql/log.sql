-- One log with JSON properties and times in milliseconds; tables with names of a compiled query's own parts.
CREATE TABLE users AS
SELECT 'u-' || n AS id, 'user' || n || '@mail.example' AS email, 'Europe/Berlin' AS tz,
    CASE n % 3 WHEN 0 THEN 'free' WHEN 1 THEN 'pro' ELSE 'team' END AS plan, 1750000000 + n * 600 AS created
FROM range(1, 401) AS t (n);
CREATE TABLE events AS
SELECT
    md5(n::VARCHAR) AS event_id, 'u-' || (1 + hash(n) % 400) AS user_id,
    1751000000000 + n * 61000 AS ts,
    CASE hash(n * 7) % 4 WHEN 0 THEN 'Document Created' WHEN 1 THEN 'Document Shared' WHEN 2 THEN 'Login'
        ELSE 'Subscription Purchased' END AS event,
    CAST('{"seats": ' || (n % 9) || ', "source": "' || CASE n % 2 WHEN 0 THEN 'web' ELSE 'app' END || '"}' AS JSON) AS props
FROM range(1, 6001) AS t (n);
-- Names that a compiled query gives its own parts.
CREATE TABLE facts AS SELECT 'u-' || n AS user_id, n AS score, TIMESTAMP '2025-06-20' + to_days(n::INTEGER % 9) AS noted_at
FROM range(1, 301) AS t (n);
CREATE TABLE audience AS SELECT DISTINCT 'u-' || (1 + n % 400) AS user_id, 'beta' AS name FROM range(1, 50) AS t (n);
