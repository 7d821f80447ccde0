SELECT
    count(*) FILTER (WHERE outcome = 'selected') AS selected,
    count(*) FILTER (WHERE outcome = 'held_out') AS held_out,
    count(*) FILTER (WHERE outcome = 'selected' AND converts) AS selected_conversions,
    count(*) FILTER (WHERE outcome = 'held_out' AND converts) AS held_out_conversions,
    (SELECT value FROM meta WHERE key = 'as_of') AS as_of
FROM reacting;
