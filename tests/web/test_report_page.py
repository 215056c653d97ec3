"""The report as readers see it: in a real Chromium, and as a PDF."""

import re
import zlib

import numpy as np
import pytest

from rooms import browser, open_page
from tracedial.analysis.session_analysis import analyze
from tracedial.emulation.synthetic import dyad
from tracedial.measures.trace import Trace, write_trace
from tracedial.report.session_report import write_report


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    paths = []
    for name, rating in dyad(900, seed=1).items():
        paths.append(folder / f"{name}.csv")
        write_trace(Trace(name, rating), paths[-1])
    analysis = analyze(paths)
    return analysis, write_report(analysis, folder / "out")


def test_pointing_at_a_second_tells_it_both_ratings_and_the_event(report):
    analysis, path = report
    rupture = analysis.events["client"].ruptures[0]
    client, therapist = (trace.rating for trace in analysis.traces)
    second = rupture.onset_s + 3
    with browser() as one:
        page = open_page(one, path.as_uri())
        page.locator("#at").fill(str(second))
        said = page.locator(".chart output").inner_text()
        assert said.startswith(f"{second // 60}:{second % 60:02d} · client ")
        assert f"rupture {rupture.rank} of client" in said
        shown = [float(text.replace("−", "-")) for text in re.findall(r"(?:client|therapist) ([+−]?[\d.]+)", said)]
        assert shown == pytest.approx([client[second], therapist[second]], abs=0.051)
        box = page.locator(".chart svg").bounding_box()
        page.mouse.move(box["x"] + box["width"] * 450 / 899, box["y"] + 20)
        assert page.locator(".chart output").inner_text().startswith("7:3")
        page.keyboard.press("Tab")
        assert not page.found_problems


def test_the_report_reads_on_any_screen_and_loads_nothing(report):
    _, path = report
    with browser() as one:
        for width in (390, 1366, 3840):
            page = open_page(one, path.as_uri(), width=width)
            asked = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.reload()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
            assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
            assert page.locator("main").count() == 1 and page.locator("h1").count() == 1
            names = page.locator("nav a").all_inner_texts()
            assert names == page.locator("main h2").all_inner_texts()
            ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
            assert len(ids) == len(set(ids))


def test_the_pdf_says_what_its_parts_are(report):
    _, path = report
    pdf = path.with_name("report.pdf").read_bytes()
    assert b"/MarkInfo" in pdf and b"/Marked true" in pdf and b"/StructTreeRoot" in pdf and b"/Lang" in pdf
    for kind in (b"/S /H1", b"/S /H2", b"/S /H3", b"/S /P", b"/S /Figure", b"/S /Caption"):
        assert kind in pdf, kind
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        # Each mark ends on the page that it begins on.
        assert text.count(b" BDC") == text.count(b"EMC")


def test_the_axes_of_the_figures_are_whole_minutes_and_the_whole_range_of_r(report):
    _, path = report
    figure = path.with_name("figure.svg").read_text("utf-8")
    minutes = [float(text) for text in re.findall(r">(\d+(?:\.\d+)?)</text>", figure)]
    assert {0.0, 5.0, 10.0, 15.0} <= set(minutes) and np.allclose(minutes, np.round(minutes))
    pair = path.with_name("pair-1.svg").read_text("utf-8")
    assert all(f">{letter}</text>" in pair for letter in "ABCD")
    assert pair.count(">1.0</text>") >= 2 and pair.count(">−1.0</text>") >= 2
