"""Write the page's table of the wire from the firmware's, so that no number of it stands in two places.

`python tools/wire_js.py` writes `host/tracedial/room/static/js/dial/wire.js`; `tests/web/test_page_wire.py` fails where
the file is not what this prints.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIRE_JS = ROOT / "host" / "tracedial" / "room" / "static" / "js" / "dial" / "wire.js"
sys.path.insert(0, str(ROOT / "firmware"))

from dialwire import frame, message, scale  # noqa: E402 the firmware is no package of this environment's

EXACT = 2**53 - 1
"""The largest whole number that JavaScript's numbers hold exactly; a larger one is a BigInt there."""
SIZES = {"B": 1, "H": 2, "h": 2, "I": 4, "i": 4, "Q": 8}
TYPES = {"Q": "number | bigint", "text": "string", "blob": "Uint8Array", "detents": "[number, string][]"}
LIMITS = (
    (frame, ("MAX_PAYLOAD", "CRC_BYTES", "MAX_STUFFED")),
    (scale, ("MAX_DETENTS", "MAX_LABEL_BYTES", "MAX_DETENT_BYTES")),
)
HEAD = """\
// @ts-check
// Made by tools/wire_js.py from firmware/dialwire: change the table there, then run the script again.
// docs/protocol.md is the text behind it.
"""


def number(value: int) -> str:
    """A whole number as JavaScript writes it."""
    return f"{value}n" if abs(value) > EXACT else str(value)


def constants() -> list[str]:
    """The numbers of the wire that are no kinds, by name."""
    kinds = {entry[1] for entry in message.MESSAGES}
    found = [(name, getattr(module, name)) for module, names in LIMITS for name in names]
    # U8 to U64 and RATING stand in the table's ranges; the types of settings are no messages of the page.
    words = ("PROTOCOL_", "MIN_PERIOD", "MAX_PERIOD", "IDLE", "SAMPLING", "FLAG_", "EVENT_", "KNOB_", "REFUSED_",
             "CONFIG_", "RATING")  # fmt: skip
    found += [
        (name, value)
        for name, value in vars(message).items()
        if name.isupper() and isinstance(value, int) and name not in kinds and name.startswith(words)
    ]
    return [f"export const {name} = {number(value)};" for name, value in found]


def field(kind: int, name: str, form: str, low: int, high: int) -> str:
    """A row of a message: `fallback` stands where an older sender ends before the field."""
    row = f'{{ name: "{name}", form: "{form}", low: {number(low)}, high: {number(high)}'
    for of_kind, of_name, value in message.ADDED:
        if (of_kind, of_name) == (kind, name):
            row += f", fallback: {number(value)}"
    return f"    {row} }},"


def table() -> list[str]:
    """Every message with its fields in their order."""
    lines = ["/** @type {Record<MessageName, Field[]>} */", "export const MESSAGES = {"]
    for kind, name, fields in message.MESSAGES:
        rows = [field(kind, of, form, low, high) for of, form, _unit, low, high in fields]
        lines += [f"  {name}: [", *rows, "  ],"] if rows else [f"  {name}: [],"]
    return [*lines, "};"]


def types() -> list[str]:
    """What each message holds, for the checker of types."""
    lines = ["/**", " * @typedef {object} Messages The fields of each message."]
    for _kind, name, fields in message.MESSAGES:
        inside = ", ".join(f"{of}: {TYPES.get(form, 'number')}" for of, form, *_ in fields)
        row = f" * @property {{{{ {inside} }}}} {name}" if inside else f" * @property {{{{}}}} {name}"
        while len(row) > 118:
            cut = row.rfind(", ", 0, 118) + 1
            lines.append(row[:cut])
            row = " *  " + row[cut:]
        lines.append(row)
    forms = " | ".join(f'"{form}"' for form in (*SIZES, "text", "blob", "detents"))
    return [
        *lines,
        " *",
        " * @typedef {keyof Messages} MessageName",
        f" * @typedef {{{forms}}} Form",
        " *",
        " * @typedef {object} Field",
        " * @property {string} name",
        " * @property {Form} form",
        " * @property {number | bigint} low",
        " * @property {number | bigint} high",
        " * @property {number} [fallback] What is taken where an older sender ends before the field.",
        " */",
    ]


def wire_js() -> str:
    """The whole file."""
    kinds = [f"  {name}: {kind}," for kind, name, _ in message.MESSAGES]
    sizes = ", ".join(f"{form}: {size}" for form, size in SIZES.items())
    parts = [
        types(),
        constants(),
        ["/** @type {Record<MessageName, number>} */", "export const KIND = {", *kinds, "};"],
        ["// Bytes of each type of number, by struct's letter.", f"export const SIZES = {{ {sizes} }};"],
        table(),
    ]
    return HEAD + "".join("\n" + "\n".join(part) + "\n" for part in parts)


if __name__ == "__main__":
    WIRE_JS.write_text(wire_js(), encoding="utf-8", newline="\n")
    print(f"wrote {WIRE_JS.relative_to(ROOT)}")
