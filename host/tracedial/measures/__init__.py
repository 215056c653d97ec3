"""Statistics on traces alone: ruptures, repairs, agreement, chance. Knows of no dial, file format or study."""
