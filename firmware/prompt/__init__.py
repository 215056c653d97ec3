"""Programs that `tracedial flash` runs at a board's prompt; they are not put on the board."""
