"""How long the end of a recording waits for a dial that still has records for it. Pure; the caller gives the clock."""

STALL_S = 8.0
"""A dial that sends nothing of what is missing for this long is not waited for."""
RECORD_S = 0.25
"""So much more for each record that is missing: a slow link with 200 ms each way asks for one at a time."""
LONGEST_S = 300.0


class Patience:
    """For one dial, from its STOP on. What a dial samples on after it, because it never heard of the STOP or does not
    obey, does not count: only what comes of the missing does."""

    def __init__(self, now_ns: int) -> None:
        self._began_ns = self._last_ns = now_ns
        self._most_missing = 0
        self._seen: tuple[int, bool] | None = None

    def waits(self, now_ns: int, *, missing: int, answered: int, stopped: bool) -> bool:
        """Whether to wait on. `missing`: records that have not come; `answered`: how many that were missing came, or
        are gone as the dial says; `stopped`: whether the dial confirmed its STOP."""
        self._most_missing = max(self._most_missing, missing)
        if (answered, stopped) != self._seen:
            self._seen = (answered, stopped)
            self._last_ns = now_ns
        longest_s = min(STALL_S + self._most_missing * RECORD_S, LONGEST_S)
        return now_ns - self._last_ns <= STALL_S * 1e9 and now_ns - self._began_ns <= longest_s * 1e9
