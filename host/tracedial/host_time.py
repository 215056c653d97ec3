"""The host's clock, one for all stamps: nanoseconds, monotonic, from an origin of its own.

`perf_counter_ns`, since on Windows the `monotonic_ns` of Python up to 3.12 moves in steps of 16 ms. On Linux and macOS
the two are the same clock.
"""

from time import perf_counter_ns as host_clock_ns

__all__ = ["host_clock_ns"]
