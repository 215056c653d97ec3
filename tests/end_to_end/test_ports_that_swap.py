"""Dials swap ports (a hub's reset): each is found by its id, and the records that it kept meanwhile are fetched."""

import threading

import pytest

from emulation import emulate
from tracedial.alignment.align import align
from tracedial.host_clock import REAL_TIME, wait_until
from tracedial.recording.folder import JOURNAL_NAME
from tracedial.recording.journal import read_journal
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.recording import read_recording
from tracedial.timing.player import VirtualPlayer
from tracedial.video import read_video

pytestmark = pytest.mark.real_time("the ports of dials in processes of their own change places as a hub's do")

PATIENCE_S = 60.0


def record_while(folder, video, emulator, *, during):
    """Record all dials of an emulator at 10 Hz; the video is stopped when `during(recorder)` is done."""
    raters = [f"rater{number}" for number in range(1, len(emulator.urls) + 1)]
    dials = [DialChoice(rater, url) for rater, url in zip(raters, emulator.urls, strict=True)]
    recorder = SessionRecorder(folder, dials, read_video(video), rate_hz=10)
    recorder.open()

    def beside():
        try:
            during(recorder)
        finally:
            recorder.stop()

    thread = threading.Thread(target=beside)
    thread.start()
    summaries = recorder.run(VirtualPlayer(recorder.video, recorder.on_player_event))
    thread.join()
    return summaries, [align(read_recording(folder / rater)) for rater in raters]


def wait_for(condition):
    assert wait_until(condition, timeout_s=PATIENCE_S, time=REAL_TIME)


def losses_of(recorder):
    return [rater.connection.link_losses for rater in recorder.raters]


def samples_of(recorder):
    return [state.samples for state in recorder.states]


def swap_and_wait(emulator, recorder):
    before = losses_of(recorder)
    emulator.command("swap")
    wait_for(lambda: all(now > then for now, then in zip(losses_of(recorder), before, strict=True)))
    wait_for(lambda: all(state.link_up for state in recorder.states))
    enough = [count + 20 for count in samples_of(recorder)]
    wait_for(lambda: all(now >= then for now, then in zip(samples_of(recorder), enough, strict=True)))


def unique_ids(folder):
    return {r["unique_id"] for r in read_journal(folder / JOURNAL_NAME).records if r["kind"] == "hello"}


@pytest.mark.parametrize(("count", "swaps"), [(2, 2), (3, 1)])
def test_all_records_are_fetched_and_none_is_another_dials(tmp_path, short_video, count, swaps):
    def swap(recorder):
        for _ in range(swaps):
            swap_and_wait(emulator, recorder)

    with emulate("--count", count) as emulator:
        for number in range(1, count + 1):
            emulator.command(f"{number}: rating {number * 10}")
        summaries, alignments = record_while(tmp_path / "s", short_video, emulator, during=swap)
    ids = [unique_ids(tmp_path / "s" / summary.rater) for summary in summaries]
    assert all(len(own) == 1 for own in ids) and len(set.union(*ids)) == count
    for number, (summary, alignment) in enumerate(zip(summaries, alignments, strict=True), start=1):
        assert summary.complete and summary.breaks == 0 and summary.missing == 0, summary
        assert alignment.report["records_missing"] == 0
        assert {sample.rating for sample in alignment.samples} == {number * 10}
        findings = " ".join(alignment.report["findings"])
        assert "Another dial answered on this dial's port" in findings
        assert f"changed its port {'once' if swaps == 1 else '2 times'}" in findings


def test_one_that_stays_away_while_the_ports_swap_keeps_nobody_up(tmp_path, short_video):
    def swap(recorder):
        before = losses_of(recorder)
        emulator.command("swap")
        # Dial 1 is on the second port now: unplugged there, the second rater's dial must still be found on the first.
        emulator.command("1: cut")
        wait_for(lambda: all(now > then for now, then in zip(losses_of(recorder), before, strict=True)))
        wait_for(lambda: recorder.states[1].link_up)
        enough = recorder.states[1].samples + 20
        wait_for(lambda: recorder.states[1].samples >= enough)
        assert not recorder.states[0].link_up
        emulator.command("1: restore")
        wait_for(lambda: recorder.states[0].link_up and not recorder.states[0].missing)

    with emulate("--count", 2) as emulator:
        summaries, _ = record_while(tmp_path / "s", short_video, emulator, during=swap)
    assert [summary.complete for summary in summaries] == [True, True]


def test_another_dial_in_ones_place_is_named_and_never_recorded(tmp_path, short_video):
    """A dial that is no part of the recording is put where the recorded one was."""

    def replace(recorder):
        emulator.command("swap")
        wait_for(lambda: "Another dial (right" in recorder.states[0].problem)
        wait_for(lambda: recorder.states[0].link_up)
        assert recorder.states[0].problem == ""

    with emulate("--count", 2, "--name", "left", "--name", "right") as emulator:
        urls = emulator.urls
        emulator.urls = urls[:1]
        (summary,), (alignment,) = record_while(tmp_path / "s", short_video, emulator, during=replace)
    assert summary.complete
    assert any("right (id " in f and urls[0] in f for f in alignment.report["findings"])
    assert len(unique_ids(tmp_path / "s" / "rater1")) == 1
