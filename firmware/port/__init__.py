"""Where the dial meets a board: the only code that touches hardware, and the emulated board."""
