"""Conversations: follow-ups that change a draft, questions with choices, what a thread holds."""
