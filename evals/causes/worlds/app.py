"""The app that every world is about: its funnel, its users, its messages, when nothing is wrong."""

from __future__ import annotations

from typing import Final

import numpy as np

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

STEPS: Final = (
    "app_opened",
    "pricing_viewed",
    "plan_compared",
    "checkout_started",
    "subscription_started",
)
TRANSITIONS: Final = len(STEPS) - 1
WINDOW: Final = 3 * DAY
"""How long the catalog's funnel gives an attempt."""

PLATFORMS: Final = ("ios", "android")
IOS, ANDROID = 0, 1
SOURCES: Final = ("organic", "google", "facebook", "instagram", "tiktok", "referral")
SOURCE_SHARES: Final = (0.34, 0.24, 0.14, 0.12, 0.06, 0.10)
COUNTRIES: Final = ("US", "GB", "DE", "FR", "BR", "IN", "AU", "CA")
COUNTRY_SHARES: Final = (0.32, 0.14, 0.13, 0.10, 0.10, 0.09, 0.06, 0.06)
COUNTRY_CLOCKS: Final = (-6, 0, 1, 1, -3, 5, 10, -5)
"""Hours by which the country's clock is ahead of UTC."""

STEP_ODDS: Final = np.log(np.array([0.62, 0.72, 0.66, 0.55]) / np.array([0.38, 0.28, 0.34, 0.45]))
"""Log odds of going on from each step, before anything about the user is known."""
SOURCE_ODDS: Final = np.array([0.15, 0.05, -0.15, -0.10, -0.55, 0.25])
COUNTRY_ODDS: Final = np.array([0.10, 0.10, 0.05, 0.0, -0.20, -0.30, 0.10, 0.05])
NEW_ODDS: Final = -0.25
"""Users who signed up this week go on less often than those who return."""
ZEAL_ODDS: Final = 0.35
"""A standard deviation of how much a user wants to, which no table says."""

NEW_SHARE: Final = 0.35
DAY_SHARES: Final = (0.13, 0.13, 0.13, 0.14, 0.15, 0.17, 0.15)
HOUR_WEIGHTS: Final = (
    3, 2, 1, 1, 1, 2, 5, 8, 9, 8, 7, 7, 8, 8, 7, 7, 8, 10, 13, 15, 15, 13, 9, 6,
)  # fmt: skip
"""How many come in each hour of their own day."""

STEP_MINUTES: Final = (12.0, 25.0, 45.0, 30.0)
"""Median minutes from each step to the next."""
STEP_SPREAD: Final = (0.9, 1.1, 1.3, 1.2)
"""Standard deviation of the logarithm of those."""
SLOW_SHARE: Final = 0.25
"""Buyers who sleep on it: their last step takes up to two days more."""

ACTION: Final = "upgrade_nudge"
POLICY: Final = "starter_journey"
CHANNELS: Final = ("push", "email")
PUSH_SHARE: Final = 0.75
ELIGIBLE: Final = 0.65
NO_CONSENT: Final = 0.12
HELD_OUT: Final = 0.05
CAPPED: Final = 0.10
FAILS: Final = 0.05
MESSAGE_ODDS: Final = (0.0, 0.0, 0.55, 0.55)
"""What a delivered message does to the log odds of each step."""

UPDATE_DAYS: Final = 3.0
"""Mean days until a user has a new version."""
LATE_SHARE: Final = 0.07
LATE_HOURS: Final = 5.0
"""Some events arrive hours later, when the phone is online again."""
REOPENS: Final = 0.12
PRICES: Final = (12.99, 7.99)
PLANS: Final = ("monthly", "annual")
MONTHLY_SHARE: Final = 0.7
CHECKOUT_FAILS: Final = 0.05
