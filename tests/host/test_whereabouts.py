"""Where the host looks for a lost dial, and where it does not."""

from lines import Bench
from tracedial.errors import LinkError
from tracedial.link.whereabouts import Whereabouts


def test_a_dial_is_looked_for_on_all_ports_its_own_first_but_not_where_another_is():
    places = Whereabouts(["p1", "p2"], lambda port: ["p2", "p3"])
    assert places.to_try("a", "p1") == ["p1", "p2", "p3"]
    places.found("b", "p2")
    assert not places.is_free("p2") and places.is_free("p1")
    places.lost("b")
    assert places.is_free("p2")


def test_a_dial_without_an_id_is_looked_for_where_it_was_alone():
    places = Whereabouts(["p1", "p2"], lambda port: ["p3"])
    assert places.to_try("", "p1") == ["p1"]
    places.met("", "p2")
    assert places.sighting("") is None


def test_a_dial_that_another_met_is_looked_for_there_until_it_is_found():
    places = Whereabouts(["p1", "p2"], lambda port: [])
    places.met("a", "p2")
    assert places.sighting("a") == "p2"
    places.found("b", "p2")
    assert places.sighting("a") is None
    places.found("a", "p1")
    places.lost("b")
    assert places.sighting("a") is None


def test_a_port_to_which_its_dial_came_back_is_not_asked_by_who_looks_for_another(tmp_path):
    """Two dials are lost, one comes back: its port is no place to look for the other any more."""
    bench = Bench(tmp_path)
    cut = {"simulated:one": (3.0, 7.0), "simulated:two": (3.1, 11.0)}
    opened = []
    for rater in ("one", "two"):
        stream = bench.add(rater)
        plain_read = stream.read

        def read(port=f"simulated:{rater}", plain_read=plain_read):
            if is_cut(port):
                raise LinkError(port, "The link is cut.")
            return plain_read()

        stream.read = read

    def is_cut(port):
        begin_s, end_s = cut[port]
        return begin_s <= bench.streams[port].seconds() < end_s

    def open_port(port):
        if is_cut(port):
            raise LinkError(port, "The link is cut.")
        if bench.recorder:
            opened.append(bench.recorder.whereabouts.is_free(port))
        return bench.streams[port]

    bench.open_port = open_port
    summaries, _ = bench.record()
    assert all(summary.complete and summary.link_losses == 1 for summary in summaries.values()), summaries
    assert all(opened) and len(opened) >= 4
