"""Collect: events in from SDKs, on disk before they are acknowledged, loaded with a ledger."""
