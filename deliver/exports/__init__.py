"""Audiences for paid channels: who may be in one, as hashes, in the file that a vendor reads."""
