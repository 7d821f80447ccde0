"""Consolidation: raw events and identity become the tables that rules, traits and funnels read."""
