"""XDF, the format in which LabRecorder stores Lab Streaming Layer's streams: a file for each session, a stream for each
rater.

All stamps are seconds of the video from its first frame; there is no computer clock in the file. The layout follows the
XDF 1.0 specification: chunks of length, tag and content, little-endian numbers.
"""

import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from tracedial import __version__
from tracedial.exchange.contents import Dyad, Rating, Source
from tracedial.exchange.cues import answer_cues, file_stem, on_one_line, segment_cues
from tracedial.exchange.from_xdf import VIDEO_TIME
from tracedial.exchange.xml_texts import xml_text
from tracedial.files.whole_file import write_whole

FILE_HEADER, STREAM_HEADER, SAMPLES, STREAM_FOOTER = 1, 2, 3, 6


def write(source: Source, folder: Path) -> list[str]:
    """Write a `….xdf` with a stream of ratings for each rater (NaN where nobody rated) and a stream of markers where
    segments and clips with answers begin. Raises `OSError`."""
    for dyad in source.dyads():
        write_whole(folder / f"{file_stem(dyad.name)}.xdf", _file(dyad))
    return []


def _file(dyad: Dyad) -> bytes:
    head = ElementTree.Element("info")
    ElementTree.SubElement(head, "version").text = "1.0"
    parts = [b"XDF:", _chunk(FILE_HEADER, _xml(head))]
    streams = [_rating_stream(dyad, rating) for rating in dyad.ratings]
    if markers := _markers(dyad):
        streams.append((_info("markers", "Markers", "string", 0.0), markers))
    for number, (info, samples) in enumerate(streams, start=1):
        parts.append(_chunk(STREAM_HEADER, _xml(info), number))
        parts.append(_chunk(SAMPLES, _length(len(samples)) + b"".join(b for _, b in samples), number))
        parts.append(_chunk(STREAM_FOOTER, _xml(_footer([at_s for at_s, _ in samples])), number))
    return b"".join(parts)


def _rating_stream(dyad: Dyad, rating: Rating) -> tuple[ElementTree.Element, list[tuple[float, bytes]]]:
    info = _info(rating.rater, "Rating", "double64", 1.0)
    desc = info.find("desc")
    assert desc is not None
    ElementTree.SubElement(desc, "dyad").text = xml_text(dyad.name)
    ElementTree.SubElement(desc, "software").text = f"tracedial {__version__}"
    channel = ElementTree.SubElement(ElementTree.SubElement(desc, "channels"), "channel")
    said = {"label": "rating", "unit": "rating", "type": "Rating"}
    if scale := rating.scale:
        said |= {"minimum": f"{scale.low!r}", "maximum": f"{scale.high!r}"}
    for name, text in said.items():
        ElementTree.SubElement(channel, name).text = text
    for at, label in sorted(scale.labels.items()) if scale else ():
        mark = ElementTree.SubElement(channel, "position")
        ElementTree.SubElement(mark, "rating").text = f"{at!r}"
        ElementTree.SubElement(mark, "label").text = xml_text(label)
    values = np.asarray(rating.trace.rated, float).tolist()
    return info, [(float(s), _sample(float(s)) + struct.pack("<d", value)) for s, value in enumerate(values)]


def _markers(dyad: Dyad) -> list[tuple[float, bytes]]:
    cues = [(cue, one.rater) for one in dyad.ratings for cue in (*segment_cues(one), *answer_cues(one))]
    made = []
    for cue, rater in sorted(cues, key=lambda pair: (pair[0].start_s, pair[0].end_s)):
        text = on_one_line(f"{rater} {cue.name}: {cue.text}").encode()
        made.append((cue.start_s, _sample(cue.start_s) + _length(len(text)) + text))
    return made


def _info(name: str, kind: str, form: str, rate_hz: float) -> ElementTree.Element:
    info = ElementTree.Element("info")
    said = {"name": xml_text(name), "type": kind, "channel_count": "1", "nominal_srate": f"{rate_hz:g}",
            "channel_format": form, "source_id": xml_text(f"tracedial-{name}"), "version": "1.1"}  # fmt: skip
    for key, text in said.items():
        ElementTree.SubElement(info, key).text = text
    ElementTree.SubElement(ElementTree.SubElement(info, "desc"), "time_base").text = VIDEO_TIME
    return info


def _footer(stamps: list[float]) -> ElementTree.Element:
    info = ElementTree.Element("info")
    ends = {"first_timestamp": stamps[0], "last_timestamp": stamps[-1]} if stamps else {}
    for key, value in {**ends, "sample_count": len(stamps)}.items():
        ElementTree.SubElement(info, key).text = f"{value!r}"
    return info


def _sample(at_s: float) -> bytes:
    """A sample's stamp in eight bytes."""
    return b"\x08" + struct.pack("<d", at_s)


def _chunk(tag: int, content: bytes, stream: int | None = None) -> bytes:
    body = struct.pack("<H", tag) + (b"" if stream is None else struct.pack("<I", stream)) + content
    return _length(len(body)) + body


def _length(count: int) -> bytes:
    """A number of bytes or samples, in as few bytes as possible."""
    for size, form in ((1, "<B"), (4, "<I")):
        if count < 1 << (8 * size):
            return struct.pack("<B", size) + struct.pack(form, count)
    return b"\x08" + struct.pack("<Q", count)


def _xml(root: ElementTree.Element) -> bytes:
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
