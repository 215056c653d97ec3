"""A board's memory is small: it loads only the code that its own knob needs."""

import dialwire

ROOT = dialwire.__file__.replace("\\", "/").rsplit("/", 2)[0]
ALWAYS = ("main", "port.hardware")
POTENTIOMETER = ("port.wiper",)
ENCODER = ("dial.wheel", "port.encoder_rp2")
RARE = ("dial.direct", "dial.steady", "dial.homing", "port.converter_esp32", "port.encoder_esp32", "port.encoder_irq")


def source(module):
    """The text of a module of the firmware, None where there is no such module."""
    for end in (".py", "/__init__.py"):
        try:
            with open(ROOT + "/" + module.replace(".", "/") + end) as file:
                return file.read()
        except OSError:
            continue
    return None


def loaded(modules):
    """These modules and all that they load as soon as they are imported, not only when a function needs it."""
    names = set()
    wait = list(modules)
    while wait:
        name = wait.pop()
        text = None if name in names else source(name)
        if text is None:
            continue
        names.add(name)
        for line in text.split("\n"):
            if line.startswith("from "):
                package, what = line[len("from ") :].split(" import ")
                wait.append(package)
                for part in what.split("#")[0].split(","):
                    wait.append(package + "." + part.strip(" ()"))
    return names


def test_all_that_is_loaded_is_found():
    names = loaded(ALWAYS + POTENTIOMETER)
    for name in ("dial.app", "dial.knobs", "dial.latch", "dial.lamp", "dialwire.message", "port.boards"):
        assert name in names, name


def test_a_board_with_a_potentiometer_loads_nothing_of_an_encoder():
    names = loaded(ALWAYS + POTENTIOMETER)
    for name in ENCODER + RARE:
        assert name not in names, name


def test_a_board_with_an_encoder_loads_nothing_of_a_potentiometer():
    names = loaded(ALWAYS + ENCODER)
    for name in POTENTIOMETER + RARE + ("dial.knobs",):
        assert name not in names, name
