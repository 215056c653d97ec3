"""How long the end of a recording waits for a dial that still has missing records. Pure; the caller gives the clock."""

STALL_S = 8.0
"""If a dial sends none of the missing records for this long, the recorder stops waiting."""
RECORD_S = 0.25
"""Extra time for each missing record: on a slow link with 200 ms each way, records are requested one at a time."""
LONGEST_S = 300.0


class Patience:
    """For one dial, from its STOP on. Only missing records that arrive count. Samples that a dial takes after its STOP,
    because it never received it or does not obey, do not count."""

    def __init__(self, now_ns: int) -> None:
        self._began_ns = self._last_ns = now_ns
        self._most_missing = 0
        self._seen: tuple[int, bool] | None = None

    def waits(self, now_ns: int, *, missing: int, answered: int, stopped: bool) -> bool:
        """Whether to keep waiting. `missing`: records that have not come; `answered`: how many missing records came, or
        are gone according to the dial; `stopped`: whether the dial confirmed its STOP."""
        self._most_missing = max(self._most_missing, missing)
        if (answered, stopped) != self._seen:
            self._seen = (answered, stopped)
            self._last_ns = now_ns
        longest_s = min(STALL_S + self._most_missing * RECORD_S, LONGEST_S)
        return now_ns - self._last_ns <= STALL_S * 1e9 and now_ns - self._began_ns <= longest_s * 1e9
