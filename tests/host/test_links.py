"""Ports that are absent, busy, forbidden or not a dial's; pseudo-terminals through pyserial; finding dials."""

import errno
import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from commands import sentence, tracedial
from emulation import emulate
from requirements import needs_posix
from tracedial.errors import LinkError, NotADialError
from tracedial.link.connection import DialConnection
from tracedial.link.discover import find_dials, probe
from tracedial.link.stream import _why_not_opened, open_stream


@needs_posix
def test_an_absent_port_is_a_sentence_with_a_remedy():
    with pytest.raises(LinkError, match="There is no port /dev/ttyNONE9: check the cable") as caught:
        open_stream("/dev/ttyNONE9")
    assert caught.value.port == "/dev/ttyNONE9"


def test_nobody_at_a_tcp_port_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkError, match="Nothing answers at"):
        open_stream(f"socket://127.0.0.1:{port}")
    for url in ("socket://", "socket://host", "socket://host:port"):
        with pytest.raises(LinkError, match="not of the form"):
            open_stream(url)


def test_a_forbidden_and_a_busy_port_each_have_their_remedy():
    denied = PermissionError(errno.EACCES, "Permission denied")
    if not sys.platform.startswith("win"):
        assert "dialout" in _why_not_opened("/dev/ttyACM0", denied)
    busy = OSError(errno.EBUSY, "Device or resource busy")
    assert "in use by another program" in _why_not_opened("COM3", busy)
    # Windows says a busy port so, without a number.
    windows = Exception("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)")
    assert "in use by another program" in _why_not_opened("COM3", windows)


@needs_posix
def test_a_pty_held_by_another_program_is_busy():
    import pty

    master, slave = pty.openpty()
    name = os.ttyname(slave)
    first = open_stream(name)
    try:
        with pytest.raises(LinkError, match="in use by another program"):
            open_stream(name)
    finally:
        first.close()
        os.close(master)
        os.close(slave)


@needs_posix
def test_a_file_that_is_no_port_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(LinkError, match="not a serial port"):
        open_stream(str(tmp_path / "file"))


@pytest.mark.parametrize(("said", "what"), [(b"", "says nothing"), (b"MicroPython v1.28\r\n>>> ", "not a dial's")])
def test_something_that_is_not_a_dial_is_said_to_be_none(said, what):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            client, _ = server.accept()
            with client:
                client.sendall(said + b"\x00" if said else b"")
                while client.recv(100):
                    pass

        threading.Thread(target=serve, daemon=True).start()
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        with DialConnection(url, lambda event: None) as connection, pytest.raises(NotADialError, match=what):
            connection.wait_hello(0.7)


@needs_posix
def test_dials_on_ptys_speak_through_pyserial(tmp_path):
    command = [sys.executable, "-m", "tracedial", "emulate", "--count", "2", "--name", "left", "--name", "right"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            ports = [process.stdout.readline().split(": ")[1].strip() for _ in range(2)]
            assert all(port.startswith("/dev/") for port in ports)
            process.stdout.readline()
            found = [candidate.hello.name for candidate in find_dials(ports)]
            assert found == ["left", "right"]
            # The running emulator announces its ports: `devices` finds them without being told.
            listed = json.loads(tracedial("devices", "--json").stdout)
            mine = [entry for entry in listed if entry["port"] in ports]
            assert [entry["name"] for entry in mine] == ["left", "right"]
            assert mine[0]["scale"]["detents"][1] == {"rating": 0, "label": "Neutral"}
            assert mine[0]["interpreter"].startswith("micropython") and mine[0]["rate_hz"] == [1, 200]
            text = tracedial("devices").stdout
            assert ports[0] in text and "0 Neutral" in text
            # Two candidates and no choice.
            said = sentence(tracedial("config"))
            assert ports[0] in said and ports[1] in said
            done = tracedial("config", ports[0], "--name", "mitte", "--scale", "-100:100:2", "--detent", "-100=kalt",
                             "--detent", "100=warm")  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert "mitte" in done.stdout and "-100 to 100 in steps of 2" in done.stdout and "+100 warm" in done.stdout
            assert "does not divide" in sentence(tracedial("config", ports[0], "--scale", "0:10:3"), code=2)
            assert "1 to 32 fit" in sentence(tracedial("config", ports[0], "--name", "x" * 40))
        finally:
            process.terminate()


@pytest.mark.real_time("two hosts open one real port")
def test_a_second_host_on_the_same_dial_is_told():
    with emulate() as emulator, DialConnection(emulator.urls[0], lambda event: None) as first:
        first.wait_hello()
        second = probe(emulator.urls[0])
        assert second.hello is None and second.problem


@pytest.mark.real_time("the control port is another program's")
def test_an_emulators_control_port_refuses_nonsense():
    with emulate() as emulator:
        from tracedial.errors import EmulatorError

        emulator.command("rating 20")
        emulator.command("1: press")
        emulator.command("link loss=0.1 latency=10")
        for line in (
            "",
            "fly",
            "rating",
            "rating x",
            "play 1 1 1",
            "7: hold",
            "link speed=3",
            "rating nan",
            "link loss=2",
        ):
            with pytest.raises(EmulatorError, match="refused"):
                emulator.command(line)
