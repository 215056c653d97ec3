"""Libraries that write and read other programs' formats, needed only for those formats."""

import importlib
from typing import Any

from tracedial.errors import TracedialError

INSTALL = "pip install pyarrow openpyxl pyreadstat webvtt-py pyxdf pympi-ling praatio pyrage"


def library(module: str) -> Any:
    """A module of an optional library. Raises `TracedialError` with the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise TracedialError(f"This needs the library {name}, which is not installed: {INSTALL}") from error
