"""Numbers as the field prints them."""

import re

NO_NUMBER = "–"


def number_text(value: float | None, digits: int) -> str:
    """A number with so many digits behind the point, or a dash; never a minus before nothing but zeros."""
    if value is None:
        return NO_NUMBER
    text = f"{value:,.{digits}f}"
    return (text[1:] if text.startswith("-") and not text.strip("-0.,") else text).replace("-", "−")


def r_text(value: float | None) -> str:
    """A correlation as the field prints it: no zero before the point."""
    return re.sub(r"^(−?)0\.", r"\1.", number_text(value, 2))


def p_text(value: float | None) -> str:
    """`p = .007`, `p < .001`."""
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def p_value(value: float | None) -> str:
    """`.007`, `< .001`, as a table holds it."""
    if value is None:
        return NO_NUMBER
    return "< .001" if value < 0.001 else re.sub(r"^0\.", ".", f"{value:.3f}")


def share_text(value: float | None) -> str:
    """A share as whole per cents."""
    return NO_NUMBER if value is None else f"{value:.0%}".replace("-0%", "0%").replace("-", "−")


def interval_text(low: float | None, high: float | None) -> str:
    """`.10 to .42`, of a correlation."""
    return NO_NUMBER if low is None or high is None else f"{r_text(low)} to {r_text(high)}"


def time_text(seconds: float | None) -> str:
    """Minutes and seconds of the session, or a dash."""
    if seconds is None:
        return NO_NUMBER
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def span_text(start_s: float, end_s: float) -> str:
    """`2:05 to 2:35`."""
    return f"{time_text(start_s)} to {time_text(end_s)}"
