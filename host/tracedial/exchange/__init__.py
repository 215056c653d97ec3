"""Out to the formats of other programs, and in from them: one module to a format or family."""
