"""From dials and a player to journals, and journals read back."""
