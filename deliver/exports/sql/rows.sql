SELECT COUNT(*) FROM exported
