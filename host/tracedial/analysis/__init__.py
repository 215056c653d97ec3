"""Analyzes the traces of a session or a study, by the given settings."""
