"""Two clocks: when something happened, and when it was known; the past as it was known then."""
