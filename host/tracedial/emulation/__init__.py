"""A dial without a board: the firmware runs on this computer, its link can have faults, and a script turns its knob."""
