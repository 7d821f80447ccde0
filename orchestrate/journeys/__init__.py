"""Journeys: runs of users through steps, advanced as sets.

``tick`` moves every run as far as what is known takes it, ``offers`` makes due messages
candidates of a decision cycle, ``checks`` holds a journey against the catalog, ``preview`` says
what one would do, and ``changing`` puts runs on another version.
"""
