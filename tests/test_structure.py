"""The repository's structure: which code may import which, what goes on the device, what the wheel contains."""

import ast
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dialwire import message
from requirements import GIT, needs_git

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
HOST = ROOT / "host" / "tracedial"

# Each group may import itself and what stands before it.
DEVICE_ORDER = ["dialwire", "dial", "port", "main", "prompt"]
DEVICE_LIBRARY = {"dialwire": {"struct", "binascii"}, "dial": {"struct", "binascii", "array"}}
HOST_ORDER = [
    {"errors", "shell", "host_clock"},
    {"firmware_files", "files", "video"},
    {"emulation", "face"},
    {"link"},
    {"timing", "measures"},
    {"dial_setup", "recording"},
    {"alignment"},
    {"study"},
    {"analysis"},
    {"report"},
    {"exchange", "room"},
    {"cli"},
    {"notebook"},
    {"__init__", "__main__"},
]
# Statistics run on a CSV alone: they import nothing that knows of dials, links or clocks.
MEASURES_IMPORT = {"measures", "errors", "files"}
MODULES_AT_THE_TOP = 8


def imports(path):
    """Full names of the modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def room(name):
    return name.split(".")[1] if name.startswith("tracedial.") else None


@pytest.mark.parametrize("path", sorted(FIRMWARE.rglob("*.py")), ids=lambda p: p.relative_to(FIRMWARE).as_posix())
def test_the_device_imports_one_way(path):
    group = path.relative_to(FIRMWARE).parts[0].removesuffix(".py")
    for name in imports(path):
        head = name.split(".")[0]
        if head in DEVICE_ORDER:
            assert DEVICE_ORDER.index(head) <= DEVICE_ORDER.index(group), name
        elif group in DEVICE_LIBRARY:
            assert head in DEVICE_LIBRARY[group], name


@pytest.mark.parametrize("folder", ["dialwire", "dial"])
def test_the_device_computes_in_integers(folder):
    for path in (FIRMWARE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)), path
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), path
            assert not (isinstance(node, ast.Name) and node.id == "float"), path


@pytest.mark.parametrize("path", sorted(HOST.rglob("*.py")), ids=lambda p: p.relative_to(HOST).as_posix())
def test_the_host_imports_one_way(path):
    group = path.relative_to(HOST).parts[0].removesuffix(".py")
    level = next(i for i, names in enumerate(HOST_ORDER) if group in names)
    for name in imports(path):
        assert name.split(".")[0] not in ("dial", "port", "main", "prompt"), (
            f"{name}: the host never imports the device's logic"
        )
        target = room(name)
        if target and target != group and (HOST / target).exists() | (HOST / f"{target}.py").exists():
            target_level = next(i for i, names in enumerate(HOST_ORDER) if target in names)
            assert target_level < level, f"{group} imports {name}"


def test_no_module_imports_itself_by_way_of_others():
    files = {".".join(p.relative_to(HOST.parent).with_suffix("").parts): p for p in HOST.rglob("*.py")}
    arrows = {name: {other for other in imports(path) if other in files} - {name} for name, path in files.items()}
    done = set()
    while ready := [name for name in arrows if name not in done and arrows[name] <= done]:
        done.update(ready)
    assert done == set(arrows), sorted(set(arrows) - done)


def test_few_modules_stand_directly_in_the_package():
    assert len(list(HOST.glob("*.py"))) <= MODULES_AT_THE_TOP


def test_contributing_draws_each_room_and_what_it_may_import():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = {
        cells[0].strip("`"): {name.strip(" `") for name in cells[2].split(",")} - {"–"}
        for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
        if len(cells) == 3 and cells[0].startswith("`")
    }
    rooms = {path.name for path in HOST.iterdir() if (path / "__init__.py").exists()}
    assert set(rows) == rooms
    for name in sorted(rooms):
        drawn = {
            target
            for path in (HOST / name).rglob("*.py")
            for target in map(room, imports(path))
            if target in rooms and target != name
        }
        assert drawn == rows[name], name


@pytest.mark.parametrize("path", sorted((HOST / "measures").glob("*.py")), ids=lambda p: p.name)
def test_statistics_know_nothing_of_dials(path):
    for imported in imports(path):
        assert not imported.startswith("dialwire")
        assert room(imported) is None or room(imported) in MEASURES_IMPORT


def test_no_heavy_library_is_imported_at_the_top_where_commands_start():
    for path in [*(HOST / "cli").glob("__init__.py"), HOST / "__main__.py", HOST / "errors.py", HOST / "__init__.py"]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert not names & {"numpy", "pandas", "matplotlib", "scipy", "av"}


def test_the_protocols_text_lists_the_messages_of_the_code():
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    lines = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    types = {"B": "u8", "H": "u16", "I": "u32", "Q": "u64", "h": "i16", "i": "i32"}
    for kind, name, fields in message.MESSAGES:
        heading = f"### {name} (0x{kind:02X})"
        assert heading in text, heading
        section = text.split(heading)[1].split("\n### ")[0].split("\n## ")[0]
        rows = [
            [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            for line in section.splitlines()
            if line.startswith("| `")
        ]
        wanted = [(field, types.get(form, form), unit or "–") for field, form, unit, _, _ in fields]
        assert [tuple(row[:3]) for row in rows] == wanted, name
        for row, (field, form, _, low, high) in zip(rows, fields, strict=True):
            limit = f"at most {high} bytes" if form in ("text", "blob") else f"{low} … {high}"
            if form != "detents":
                assert row[3] == limit, f"{name}.{field}: {row[3]} is not {limit}"
    assert f"version {message.PROTOCOL_MAJOR}.{message.PROTOCOL_MINOR}" in text
    assert lines


def test_the_protocols_text_lists_the_numbers_of_the_code():
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    kinds = {entry[1] for entry in message.MESSAGES}
    for name in sorted(set(dir(message)) - kinds):
        if name.startswith(("FLAG_", "EVENT_", "REFUSED_", "CONFIG_", "KNOB_", "HAS_", "INTO_", "RADIO_")) or name in (
            "IDLE",
            "SAMPLING",
        ):
            assert f"| `{name}` | {getattr(message, name)} |" in text, name


def test_the_wheel_holds_host_wire_and_firmware_and_can_emulate(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", tmp_path, ROOT]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("tracedial-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("tracedial/timing/clock.py", "dialwire/frame.py", "tracedial/firmware/main.py",
                 "tracedial/firmware/dial/app.py", "tracedial/firmware/dialwire/frame.py",
                 "tracedial/firmware/port/emulated.py", "tracedial/firmware/prompt/hash_files.py",
                 "tracedial/py.typed", "dialwire/py.typed",
                 "tracedial/study/presets/alliance.toml", "tracedial/room/static/index.html",
                 "tracedial/room/static/js/main.js", "tracedial/room/static/js/dial/wire.js",
                 "tracedial/room/static/js/pages/lobby.js", "tracedial/room/static/words/de.json",
                 "tracedial/room/static/vendor/uPlot.LICENSE"):  # fmt: skip
        assert name in names, name
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    # Only the wheel's own files: the checkout's are kept out by a path that puts the wheel first.
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import tracedial.firmware_files as f; "
        "assert sys.argv[1] in str(f.firmware_dir()), f.firmware_dir(); "
        "from tracedial.emulation.process import EmulatorProcess; from tracedial.link.discover import probe\n"
        "import os; os.environ['PYTHONPATH'] = sys.argv[1]\n"
        "with EmulatorProcess([]) as e: print(probe(e.urls[0]).hello.name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "installed"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "emulated-1"


@needs_git
def test_no_path_of_a_machine_is_in_the_repository():
    done = subprocess.run([*GIT, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    marks = ("/" + "home/", "/" + "Users/", "/" + "work/", "/" + "root/")
    for name in done.stdout.splitlines():
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace") if (ROOT / name).exists() else ""
        assert not any(mark in text for mark in marks), name


def test_what_is_vendored_is_the_file_of_its_version():
    vendor = HOST / "room" / "static" / "vendor"
    listed = json.loads((vendor / "vendored.json").read_text(encoding="utf-8"))
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendor.iterdir()}
    del files["vendored.json"]
    assert {name: entry["sha256"] for name, entry in listed.items()} == files
    for entry in listed.values():
        assert set(entry) == {"package", "version", "path", "sha256"}


def test_what_waits_by_the_machines_clock_says_why():
    """Whoever uses dials in processes of their own, a room's server or `sleep` waits in real time."""
    tests = ROOT / "tests"
    for path in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        from_tests = {f"{n.module}.{a.name}" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
        names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
        sleeps = "time" in names and "time.sleep(" in ast.unparse(tree)
        waits = sleeps or from_tests & {"emulation.emulate", "emulation.running_record", "rooms.Server"}
        marks = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".real_time", ".thorough"))
        ]
        assert all(len(mark.args) == 1 and ast.literal_eval(mark.args[0]).strip() for mark in marks), path.name
        in_real_time = any(ast.unparse(mark.func).endswith(".real_time") for mark in marks)
        assert in_real_time or not waits or path.parent.name == "device", f"{path.name} does not say why it waits"


MOST_BY_PLACE = 5
"""More arguments than this are given by name: by place, nobody sees that two of one type were exchanged."""


def _arguments_by_place(call, variadic):
    """How many arguments a call gives by place; those of a function that takes any number of one kind do not count."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return 0 if name in variadic else sum(not isinstance(one, ast.Starred) for one in call.args)


def test_no_call_gives_more_than_five_arguments_by_place():
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in HOST.rglob("*.py")}
    functions = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    variadic = {one.name for one in functions if one.args.vararg} | {"print", "max", "min", "zip", "chain"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _arguments_by_place(node, variadic) > MOST_BY_PLACE
    ]
    assert found == []
