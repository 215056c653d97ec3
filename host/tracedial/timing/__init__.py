"""Time, without files: clocks fitted to each other, the player's events, and the frames that were shown."""
