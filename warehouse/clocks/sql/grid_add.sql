-- One moment of the grid: the number of its build is the number of moments before it.
INSERT INTO trait_grid
SELECT user_id, trait, value, $at, $at, fingerprint, (SELECT COUNT(DISTINCT known_at) FROM trait_grid)
FROM now_known
