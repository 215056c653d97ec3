"""The dial's logic: pure, given its clock and its readings, never importing `machine`."""

FIRMWARE_VERSION = "0.1.0"
