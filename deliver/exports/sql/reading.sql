-- How identifiers are written before they are hashed. What is no such identifier is NULL, so that it matches nobody by chance.
CREATE OR REPLACE TEMP MACRO as_words(x) AS NULLIF(trim(regexp_replace(lower(nfc_normalize(x)), '\s+', ' ', 'g')), '');
CREATE OR REPLACE TEMP MACRO as_email(x) AS (
    CASE WHEN regexp_full_match(regexp_replace(lower(x), '\s', '', 'g'), '[^@]+@[^@.]+(\.[^@.]+)+')
    THEN regexp_replace(lower(x), '\s', '', 'g') END
);
-- Gmail reads addresses without their points.
CREATE OR REPLACE TEMP MACRO without_points(email) AS (
    CASE WHEN split_part(email, '@', 2) IN ('gmail.com', 'googlemail.com')
    THEN replace(split_part(email, '@', 1), '.', '') || '@' || split_part(email, '@', 2) ELSE email END
);
-- E.164. A number without its country is nobody's: guessing it would find somebody else.
CREATE OR REPLACE TEMP MACRO as_dialled(x) AS regexp_replace(regexp_replace(x, '[\s().\-/]', '', 'g'), '^00', '+');
CREATE OR REPLACE TEMP MACRO as_phone(x) AS (CASE WHEN regexp_full_match(as_dialled(x), '\+[1-9][0-9]{6,14}') THEN as_dialled(x) END);
CREATE OR REPLACE TEMP MACRO as_country(x) AS (CASE WHEN regexp_full_match(lower(trim(x)), '[a-z]{2}') THEN lower(trim(x)) END);
CREATE OR REPLACE TEMP MACRO as_letters(x) AS NULLIF(regexp_replace(lower(nfc_normalize(x)), '[^\p{L}\p{M}\p{N}]', '', 'g'), '');
CREATE OR REPLACE TEMP MACRO as_name(x) AS NULLIF(trim(regexp_replace(as_words(x), '[^\p{L}\p{M}\p{N} ]', '', 'g')), '');
