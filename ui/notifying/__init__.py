"""Notifications of a workspace: what there is to tell, whom, in which words, and its way out."""
