"""Colours, sizes and server options of the console, passed to Streamlit at start.

An installed package cannot rely on a config file in somebody's folder, so every
option is here. One accent; status colours always come with an icon and a word.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
LOGO = STATIC / "logo.svg"
ICON = STATIC / "icon.svg"
STYLE = STATIC / "console.css"

# The order of the chart colours is the order of Ink in charts.py.
_LIGHT_CHART = ["#0b6e5f", "#d5dde2", "#0a1319", "#52616b", "#b3261e", "#9aa8b1", "#8a5300"]
_DARK_CHART = ["#41bfa6", "#2b3942", "#e8eef1", "#a3b1b9", "#ff8a80", "#5d6d77", "#f0b35a"]

_SHAPE: dict[str, Any] = {
    "baseFontSize": 15,
    "baseRadius": "8px",
    "headingFontSizes": ["1.75rem", "1.1rem", "1rem", "1rem", "0.95rem", "0.9rem"],
    "headingFontWeights": [700, 650, 600, 600, 600, 600],
    "metricValueFontSize": "1.55rem",
    "metricValueFontWeight": 700,
    "linkUnderline": True,
    "paddingTop": "1rem",
    "paddingBottom": "2rem",
}

_LIGHT: dict[str, Any] = {
    "primaryColor": "#0b6e5f",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f1f5f6",
    "textColor": "#0a1319",
    "linkColor": "#0b6e5f",
    "borderColor": "#d7dee3",
    "codeBackgroundColor": "#f1f5f6",
    "codeTextColor": "#12313a",
    "greenColor": "#0b6e5f",
    "greenBackgroundColor": "#e2f3ee",
    "greenTextColor": "#0a5a3c",
    "orangeColor": "#b45309",
    "orangeBackgroundColor": "#fdeee0",
    "orangeTextColor": "#8a4508",
    "redColor": "#b3261e",
    "redBackgroundColor": "#fdebea",
    "redTextColor": "#a01f18",
    "blueColor": "#2457a6",
    "blueBackgroundColor": "#e6eefb",
    "blueTextColor": "#1f4a8f",
    "grayColor": "#52616b",
    "grayBackgroundColor": "#eceff1",
    "grayTextColor": "#4a5862",
    "dataframeHeaderBackgroundColor": "#f1f5f6",
    "chartCategoricalColors": _LIGHT_CHART,
}

_DARK: dict[str, Any] = {
    "primaryColor": "#17806e",
    "backgroundColor": "#0f171c",
    "secondaryBackgroundColor": "#18232a",
    "textColor": "#e8eef1",
    "linkColor": "#5fd0b9",
    "borderColor": "#2a3941",
    "codeBackgroundColor": "#18232a",
    "codeTextColor": "#cfe3e8",
    "greenColor": "#41bfa6",
    "greenBackgroundColor": "#12342c",
    "greenTextColor": "#6fd6ad",
    "orangeColor": "#f0a35a",
    "orangeBackgroundColor": "#3b2817",
    "orangeTextColor": "#f5bd86",
    "redColor": "#ff8a80",
    "redBackgroundColor": "#401d1c",
    "redTextColor": "#ffa39b",
    "blueColor": "#7fb0f5",
    "blueBackgroundColor": "#1a2b45",
    "blueTextColor": "#9cc2f8",
    "grayColor": "#a3b1b9",
    "grayBackgroundColor": "#253139",
    "grayTextColor": "#b7c3ca",
    "dataframeHeaderBackgroundColor": "#18232a",
    "chartCategoricalColors": _DARK_CHART,
}

_SIDEBAR: dict[str, Any] = {
    "headingFontSizes": ["1.2rem", "1rem", "0.95rem", "0.95rem", "0.9rem", "0.9rem"],
    "textColor": "#f3f7f8",
    "linkColor": "#7fe0ca",
    "borderColor": "#2f4450",
    "primaryColor": "#17806e",
    "codeBackgroundColor": "#1b2f39",
    "codeTextColor": "#e8eef1",
    "greenBackgroundColor": "#12382f",
    "greenTextColor": "#7fe0b9",
    "orangeBackgroundColor": "#452d12",
    "orangeTextColor": "#ffbd73",
    "grayBackgroundColor": "#22343e",
    "grayTextColor": "#c3d0d6",
    "redBackgroundColor": "#4a2020",
    "redTextColor": "#ffaaa3",
}

_LIGHT_SIDEBAR = _SIDEBAR | {"backgroundColor": "#0e1f28", "secondaryBackgroundColor": "#16303c"}
_DARK_SIDEBAR = _SIDEBAR | {"backgroundColor": "#090f13", "secondaryBackgroundColor": "#131e25"}


def theme_options() -> dict[str, Any]:
    """The look, as Streamlit options."""
    sections = {
        "theme": _SHAPE,
        "theme.light": _LIGHT,
        "theme.dark": _DARK,
        "theme.light.sidebar": _LIGHT_SIDEBAR,
        "theme.dark.sidebar": _DARK_SIDEBAR,
    }
    return {
        f"{section}.{name}": value
        for section, options in sections.items()
        for name, value in options.items()
    }


def server_options(host: str, port: int) -> dict[str, Any]:
    """How the server behaves: it binds one address, asks nothing and tells nobody."""
    return {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.showEmailPrompt": False,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableAgentApi": False,
        "server.allowedHosts": sorted({host, "127.0.0.1", "localhost"}),
        "server.disconnectedSessionTTL": 120,
        "browser.serverAddress": host,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        "logger.hideWelcomeMessage": True,
        "logger.level": "warning",
    }
