"""A group that is recorded together, in simulated time: however the recorder ends, the pages are notified."""

import asyncio
import json

from lines import Bench, HostileStream
from tracedial.recording.rater_recording import DialChoice
from tracedial.room.group_room import LiveRoom


class Group:
    """A live room whose dials are simulated; `told` is what its pages heard."""

    def __init__(self, tmp_path, **dials):
        self.bench = Bench(tmp_path)
        for rater, how in dials.items():
            self.bench.add(rater, **how)
        choices = [DialChoice(rater, f"simulated:{rater}") for rater in dials]
        self.room = LiveRoom(
            tmp_path / "group", choices, video=None, rate_hz=10, time=self.bench.time, open_port=self.bench.open_port
        )
        self.told = []
        self.room.listeners.add(self.told.append)

    def stop_at(self, seconds):
        """Have somebody press Stop when the group's time is `seconds`."""

        def stop(said):
            if "point" in said and said["point"][0] >= seconds:
                self.room.recorder.stop()

        self.room.listeners.add(stop)

    def run(self):
        """Begin, and go on until the recording has ended; returns what the page shows then."""

        async def all_of_it():
            await self.room.begin()
            await self.room.wait_for_end()
            shown = self.room.overview()
            await self.room.close()
            return shown

        return asyncio.run(all_of_it())


def test_a_group_that_ends_well_says_so(tmp_path):
    group = Group(tmp_path, p1={}, p2={})
    group.stop_at(5.0)
    shown = group.run()
    assert shown["state"] == "ended" and shown["problem"] == "" and shown["complete"] == [True, True]
    assert group.told[-1] == {"state": shown}
    for rater in ("p1", "p2"):
        report = json.loads((tmp_path / "group" / rater / "alignment.json").read_text())
        assert report["records_missing"] == 0 and report["rated_seconds"] >= 5


def test_a_recorder_that_dies_in_a_group_is_told_to_the_pages(tmp_path, capfd):
    group = Group(tmp_path, p1={}, p2={})

    def break_down(said):
        if "point" in said and said["point"][0] >= 3.0:
            raise RuntimeError("made up for this test")

    group.room.listeners.add(break_down)
    shown = group.run()
    assert shown["state"] == "ended" and "made up for this test" in shown["problem"]
    assert "What was rated is kept" in shown["problem"]
    assert group.told[-1] == {"state": shown}
    assert "Traceback" in capfd.readouterr().err
    # What was recorded until then is aligned, as after any other end.
    for rater in ("p1", "p2"):
        report = json.loads((tmp_path / "group" / rater / "alignment.json").read_text())
        assert report["rated_seconds"] >= 3


def test_a_rater_whose_ratings_did_not_all_arrive_is_named(tmp_path):
    group = Group(tmp_path, good={}, bad={"kind": HostileStream, "mute_from_s": 6.0})
    group.stop_at(8.0)
    shown = group.run()
    assert shown["state"] == "ended" and shown["complete"] == [True, False]
    assert "bad: " in shown["problem"] and "good: " not in shown["problem"]
