-- Names in German.
CREATE TABLE kunden AS
SELECT n AS kunden_nr, 'Vorname' || n AS vorname, 'Nachname' || n AS nachname, 'kunde' || n || '@post.example' AS mailadresse,
    DATE '1960-01-01' + to_days((n * 13)::INTEGER) AS geburtsdatum, CASE n % 2 WHEN 0 THEN 'ja' ELSE 'nein' END AS werbung_zustimmung,
    TIMESTAMP '2025-01-01' + to_hours(n::INTEGER) AS angelegt
FROM range(1, 301) AS t (n);
CREATE TABLE bestellungen AS
SELECT n AS bestell_nr, 1 + hash(n) % 300 AS kunden_nr, TIMESTAMP '2025-03-01' + to_minutes((n * 50)::INTEGER) AS zeitpunkt,
    CASE n % 3 WHEN 0 THEN 'offen' WHEN 1 THEN 'versendet' ELSE 'storniert' END AS zustand, 10.0 + n % 50 AS "größe"
FROM range(1, 1501) AS t (n);
