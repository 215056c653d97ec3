"""Hold the codec to the recorded vectors, in any interpreter: prints one line for each vector, the same everywhere.

`python vector_check.py FIRMWARE_FOLDER VECTORS.jsonl`. A good vector is packed, framed, decoded and unpacked; a bad one
must be refused. Runs on MicroPython, so it imports nothing that MicroPython lacks.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from dialwire import frame, message
from dialwire.errors import WireError

KINDS = {}
for entry in message.MESSAGES:
    KINDS[entry[1]] = entry


def to_hex(data):
    return "".join("%02x" % byte for byte in data)


def from_hex(text):
    return bytes([int(text[i : i + 2], 16) for i in range(0, len(text), 2)])


DEFAULTS = {}
for kind, name, default in message.ADDED:
    DEFAULTS[kind, name] = default


def fields_of(vector):
    fields = {}
    kind, _, rows = KINDS[vector["message"]]
    for name, form, _unit, _low, _high in rows:
        if name not in vector["fields"]:
            fields[name] = DEFAULTS[kind, name]
            continue
        value = vector["fields"][name]
        if form == "blob":
            value = from_hex(value)
        elif form == "detents":
            value = tuple((rating, label) for rating, label in value)
        fields[name] = value
    return fields


def check(vector):
    if "fields" in vector and "frame" in vector:
        fields = fields_of(vector)
        kind = KINDS[vector["message"]][0]
        if len(vector["fields"]) < len(fields):
            # Recorded from an older minor version: it is understood, with the defaults of what it did not know.
            (decoded,) = frame.Decoder().feed(from_hex(vector["frame"]))
            assert message.unpack(decoded) == (kind, fields)
            return "understood " + vector["frame"]
        payload = message.pack(kind, **fields)
        data = frame.encode(payload)
        assert to_hex(data) == vector["frame"], to_hex(data)
        (decoded,) = frame.Decoder().feed(data)
        assert message.unpack(decoded) == (payload[0], fields)
        return "packed " + vector["frame"]
    if "fields" in vector:
        try:
            message.pack(KINDS[vector["message"]][0], **fields_of(vector))
        except WireError as error:
            return "refused " + str(error)
        raise AssertionError("packed what cannot be packed")
    decoder = frame.Decoder()
    said = []
    for payload in decoder.feed(from_hex(vector["stream"])):
        try:
            said.append(message.name_of(message.unpack(payload)[0]))
        except WireError as error:
            said.append(str(error))
    said = [said, decoder.frames, decoder.bad_frames, decoder.dropped_bytes]
    assert said == vector["says"], said
    return "stream %s" % said


with open(sys.argv[2], encoding="utf-8") as file:
    for line in file:
        if line.strip():
            vector = json.loads(line)
            print(vector["name"], check(vector))
