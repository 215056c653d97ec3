"""A recorder in a thread of its own, for a sitting and for a group: however it ends, the room hears of it."""

import asyncio
import contextlib
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from tracedial.alignment.align import align_recordings
from tracedial.errors import TracedialError
from tracedial.recording.folder import journals
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.summary import RecordingSummary
from tracedial.timing.player import Player

END_TIMEOUT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class RecordingEnd:
    """How a recording ended. `problem` says in sentences what went wrong and what is missing; empty if nothing."""

    summaries: list[RecordingSummary]
    problem: str


class RecordingThread:
    """Runs an opened recorder from now on, then aligns what it recorded.

    `on_end` is called once in `loop`, also where the recorder failed. `on_turn` is called often in the thread.
    """

    def __init__(
        self,
        recorder: SessionRecorder,
        player: Player,
        *,
        loop: asyncio.AbstractEventLoop,
        on_end: Callable[[RecordingEnd], None],
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self._recorder = recorder
        self._player = player
        self._loop = loop
        self._on_end = on_end
        self._on_turn = on_turn
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    async def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until `on_end` was called; returns whether it was in time."""
        await asyncio.to_thread(self._thread.join, timeout_s)
        return not self._thread.is_alive()

    async def stop(self) -> None:
        """End the recording where the video stands. One that waits for room on a full disk is asked once more, and then
        writes what it holds elsewhere."""
        self._recorder.stop()
        if not await self.wait(END_TIMEOUT_S):
            self._recorder.stop()
            await self.wait(END_TIMEOUT_S)

    def _run(self) -> None:
        summaries: list[RecordingSummary] = []
        problems: list[str] = []
        try:
            summaries = self._recorder.run(self._player, self._on_turn)
        except TracedialError as error:
            problems.append(str(error))
        except Exception as error:  # noqa: BLE001  (the pages must not wait for ever; what was rated is in the journal)
            problems.append(_failed(error))
        try:
            problems += self._align(summaries)
        except Exception as error:  # noqa: BLE001  (the same)
            problems.append(_failed(error))
        problems += [summary.lacks for summary in summaries if not summary.complete]
        end = RecordingEnd(summaries=summaries, problem=" ".join(problems))
        with contextlib.suppress(RuntimeError):
            # The loop has ended where the program has.
            self._loop.call_soon_threadsafe(self._on_end, end)

    def _align(self, summaries: list[RecordingSummary]) -> list[str]:
        """Align what was recorded, also where the recorder failed before it could say where that is."""
        folders = [summary.folder for summary in summaries] or [
            folder
            for folder in (self._recorder.folder / choice.rater for choice in self._recorder.dials)
            if journals(folder)
        ]
        _, problems = align_recordings(folders)
        return [str(problem) for problem in problems]


def _failed(error: Exception) -> str:
    traceback.print_exc()
    return f"The recording failed: {error!r}. What was rated is kept. Please report this, with what the terminal shows."
