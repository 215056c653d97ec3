"""A study's folder: its settings, segments, answers, and how far each rater is."""
