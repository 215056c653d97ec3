"""Keeps files complete, private and of the right shape, and makes free text safe to show."""
