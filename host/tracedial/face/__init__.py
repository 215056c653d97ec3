"""The printed face of a dial, drawn from the scale that the firmware uses. Lengths are in mm, y points down."""
