"""The end of a recording: stop the dials, wait for what is still missing, and write how the recording ended."""

from dataclasses import asdict

from tracedial.recording.patience import Patience
from tracedial.recording.rater_recording import RaterRecording
from tracedial.recording.record_kinds import Kind
from tracedial.recording.summary import RecordingSummary


class Ending:
    """The end of one rater's recording, from its STOP on."""

    def __init__(self, rater: RaterRecording, now_ns: int) -> None:
        self._rater = rater
        self._patience = Patience(now_ns)
        with rater.connection.lock:
            rater.connection.client.stop()

    def waits(self, now_ns: int) -> bool:
        """Whether the dial still has missing records and keeps sending them."""
        client = self._rater.connection.client
        if self._rater.connection.error or self._is_complete():
            return False
        return self._patience.waits(
            now_ns,
            # Do not wait for records that a flood promises.
            missing=0 if client.over_budget else client.missing,
            answered=client.tracker.answered if client.tracker else 0,
            stopped=client.is_stopped(),
        )

    def write(self, now_ns: int) -> RecordingSummary:
        """Write how the recording ended into its journal, and return it."""
        rater, client = self._rater, self._rater.connection.client
        tracker, state = client.tracker, rater.state
        assert state is not None
        summary = RecordingSummary(
            rater=rater.rater,
            folder=rater.folder,
            samples=state.samples,
            recovered=tracker.recovered if tracker else 0,
            missing=len(tracker.missing) if tracker else 0,
            gone=tracker.gone if tracker else 0,
            breaks=state.breaks,
            link_losses=rater.connection.link_losses,
            complete=self._is_complete() and not state.breaks and not (tracker and tracker.gone),
        )
        rater.note(
            Kind.END,
            host_ns=now_ns,
            **{key: value for key, value in asdict(summary).items() if key != "folder"},
            bad_frames=client.bad_frames,
            dropped_bytes=client.dropped_bytes,
            unknown_kinds=client.unknown_kinds,
            malformed=client.malformed,
            over_budget=client.over_budget,
            foreign_boot=client.foreign_boot,
            exchanges_lost=client.exchanges_lost,
            lost_in_resets=client.lost_in_resets,
            missed_ticks=client.status.missed_ticks if client.status else 0,
            boot=rater.clock.boot,
            next_seq=tracker.next_seq if tracker else 0,
        )
        return summary

    def _is_complete(self) -> bool:
        client = self._rater.connection.client
        status = client.status
        return (
            client.is_stopped()
            and client.missing == 0
            and (client.tracker is None or (status is not None and status.next_seq <= client.tracker.next_seq))
        )
