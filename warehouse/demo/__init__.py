"""The demo warehouse: a workout app with a known truth, made in SQL."""
