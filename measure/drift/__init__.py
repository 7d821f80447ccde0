"""Drift: whether data arrives and is spread as on the same weekday of the weeks before.

Volume and null rates against a level, a trend and weekdays learnt from history; values
against the same weekday by the population stability index, held against what the weeks
differ among themselves.
"""
