"""What a lab does to a dial before a session: flash, configure, calibrate, test."""
