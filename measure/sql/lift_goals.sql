-- Whatever is the goal of somebody's message.
SELECT DISTINCT a.goal_event FROM assigned AS a WHERE NOT a.goal_event IS NULL
