"""Files that were edited, cut short by a disk or written by another version: every command ends with a sentence."""

import asyncio
import json
import math
import re
import shutil
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies import change_records, make_study, tracedial_here
from tracedial.errors import TracedialError
from tracedial.recording.journal import read_journal
from tracedial.room.server import RoomServer
from tracedial.room.study_room import Room

pytestmark = pytest.mark.thorough("runs every command on each of many damaged studies")

ODD = [
    None, True, False, 0, -1, 1, 7, 1.5, -0.0, 1e308, -1e308, 10**400, math.nan, math.inf, "", "x", "client", "s1", "0",
    "../..", "/", "=1+1", "a\rb", "\x1b[31m", "[/x]", "\ud800", "\x00", "x" * 5000, [], [[]], {}, {"x": None}, [None],
    ["client"], ["client", "client"], [1, "a"], [[0, "a"], [1]],
]  # fmt: skip
JSON = st.recursive(
    st.sampled_from(ODD) | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
GONE = object()
FILES = (
    "study.toml", "sessions/s1/session.json", "sessions/s1/client/alignment.json", "sessions/s1/client/segments.tdj",
    "sessions/s1/client/answers.tdj", "sessions/s1/client/practice.tdj",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("whole") / "study", sessions=("s1", "s2"))


def places(content, at=()):
    """Every place in a content, as the keys that lead there."""
    if at:
        yield at
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key))


def with_odd(content, at, value):
    """A content with one entry replaced, or taken away."""
    if not at:
        return value
    copy = dict(content) if isinstance(content, dict) else list(content)
    inner = with_odd(content[at[0]], at[1:], value)
    if inner is GONE:
        del copy[at[0]]
    else:
        copy[at[0]] = inner
    return copy


def toml(value) -> str:
    """A value as TOML can hold it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    return "1979-05-27" if value is None else json.dumps(value)


def damage(path, draw_place, value):
    """Put an odd value at a place of a file."""
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(with_odd(content, draw_place(list(places(content))), value)), encoding="utf-8")
    elif path.suffix == ".toml":
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        content = with_odd(content, draw_place(list(places(content))), value)
        text = "\n".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in content.items())
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
    else:
        records = read_journal(path).records
        at, *inside = draw_place([(n, *place) for n, record in enumerate(records) for place in places(record)])
        odd = with_odd(records[at], tuple(inside), value)
        numbered = iter(range(len(records)))
        change_records(path, lambda record: odd if next(numbered) == at else record)


async def use_room(folder) -> None:
    """What the pages of a room ask for as it opens."""
    try:
        room = Room(folder, [])
    except TracedialError:
        return
    try:
        RoomServer(room)
        await room.begin()
        asks = [room.overview]
        for session in ("s1", "s2"):
            asks.append(lambda session=session: room.together(session))
            for rater in ("client", "therapist"):
                asks += [lambda s=session, r=rater: room.clips(s, r), lambda s=session, r=rater: room.review(s, r)]
        for ask in asks:
            try:
                json.dumps(ask(), allow_nan=False).encode()
            except (TracedialError, OSError) as error:  # The server says both in a sentence.
                assert str(error)
    finally:
        await room.close()


def use_all(folder, *, report=False):
    """Every command on a study that may be damaged: exit code 0, 1 or 2, and words."""
    session = folder / "sessions" / "s1"
    commands = [
        ("align", session),
        ("analyze", session, "--set", "core", "--lag", "practice"),
        ("analyze", folder, "--set", "core", "--jobs", 1),
        ("study", "status", folder),
        ("study", "export", folder),
        ("study", "add-session", folder, "s3", "--video", folder / "video.mp4"),
        ("record", session, "--video", folder / "video.mp4", "--dial", "third=socket://127.0.0.1:1"),
    ]
    if report:
        commands.append(("report", session, "--set", "core"))
    for command in commands:
        done = tracedial_here(*command)
        assert done.code in (0, 1, 2), command
        if done.code:
            last = done.err.strip().splitlines()[-1]
            assert re.match(r"(tracedial|Error): .*[.)?]$", last), (command, done.err)
            assert "Traceback" not in done.err and "unexpected" not in done.err + done.out
            assert all(sign.isprintable() or sign in "\n\t" for sign in done.err), done.err
        else:
            assert done.out
        assert "an unexpected" not in done.out, done.out
    asyncio.run(use_room(folder))


def test_the_whole_study_is_good(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "study")
    for command in (("analyze", folder / "sessions/s1", "--lag", "practice"), ("study", "export", folder)):
        done = tracedial_here(*command)
        assert done.code == 0, done.err
    use_all(folder, report=True)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=25)
@given(data=st.data(), value=JSON | st.just(GONE))
def test_any_entry_may_be_anything(whole, tmp_path_factory, name, data, value):
    folder = shutil.copytree(whole, tmp_path_factory.mktemp("s") / "study")
    try:
        damage(folder / name, lambda known: data.draw(st.sampled_from(known)), value)
    except (ValueError, UnicodeError):
        return  # Neither JSON with its checksum nor TOML can hold that.
    use_all(folder)
    shutil.rmtree(folder)
