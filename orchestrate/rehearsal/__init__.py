"""Rules rehearsed: the engine's own stages over the whole population, and nothing is kept.

``parts`` decides chunk after chunk, ``counting`` adds up what was decided, ``outcome``
is what people read, ``week`` looks at the days to come, ``dry_run`` is the door, and
``backtest`` replays days that are past.
"""
