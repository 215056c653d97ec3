"""Results in words, figures, HTML and PDF."""
