"""The script that Streamlit runs for every visitor and every click."""

from ui.console.shell import show

show()
