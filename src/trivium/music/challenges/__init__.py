"""Challenges: themes, entries, blind votes and the judge."""
