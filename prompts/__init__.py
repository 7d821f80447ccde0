"""Prompts: one versioned Markdown file per prompt kind, and the loader that checks them."""

from prompts.library import Prompt, Rendered, load, names

__all__ = ["Prompt", "Rendered", "load", "names"]
