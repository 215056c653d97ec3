"""A dial without a board: the firmware on this computer, its link with faults, its knob's script."""
