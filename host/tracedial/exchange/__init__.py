"""Exports to the formats of other programs and imports from them: one module for each format or family."""
