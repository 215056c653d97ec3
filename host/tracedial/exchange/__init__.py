"""Out to the formats that other programs read: one module to a format or family."""
