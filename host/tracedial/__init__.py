"""Tracedial: moment-to-moment ratings, from the knob to the statistics.

For notebooks, `import tracedial as td` gives the names of `tracedial.notebook`: sessions, traces as data frames, each
measure. That module is imported only when one of its names is first used, so that commands start fast.
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
