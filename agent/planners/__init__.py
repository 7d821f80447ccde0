"""Planners: from a prompt to a typed plan, behind one port."""
