"""Time without files: clocks fitted to each other, the player's story, the frames that were shown."""
