"""Tracedial: moment-to-moment ratings, from the knob to the statistics.

`import tracedial as td` offers a notebook what `tracedial.notebook` describes: sessions, traces as frames, each
measure. It is imported when the first of its names is used, so that commands start fast.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tracedial.notebook import (
        TracedialError,
        alpha,
        analyze,
        ccc,
        congruence,
        discrepancy,
        figures,
        icc,
        kappa,
        lag,
        overlap,
        r_wg,
        read_session,
        read_study,
        reliability,
        ruptures,
        trace,
    )

__all__ = [
    "TracedialError", "alpha", "analyze", "ccc", "congruence", "discrepancy", "figures", "icc", "kappa", "lag",
    "overlap", "r_wg", "read_session", "read_study", "reliability", "ruptures", "trace",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'tracedial' has no attribute {name!r}")
    from tracedial import notebook

    return getattr(notebook, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
