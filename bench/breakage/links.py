"""Links that turn slow, slow one way, are lost, bunch and come back, at any time: errors beyond the stated bound."""

from bench_clock import CHANGING_LINKS, changing_links

from breakage import Figure


def run() -> list[Figure]:
    """Count simulated recordings with a sample time beyond its bound."""
    broken, _ = changing_links()
    return [
        Figure("recordings with an error beyond the bound", f"{broken:,} of {CHANGING_LINKS:,}", "0", broken == 0),
    ]
