-- In how many half hours of a person two names occur together; a name with itself counts all of its half hours.
WITH present AS (SELECT DISTINCT person, session, name, planned FROM radar_sent)
SELECT a.name, b.name AS other, COUNT(*) AS sessions
FROM present a JOIN present b ON b.person = a.person AND b.session = a.session
GROUP BY ALL
