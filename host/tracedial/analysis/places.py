"""The files of a study: in a folder on this computer, or wherever `fsspec` reaches."""

from pathlib import Path
from typing import Any

from tracedial.errors import AnalysisError


def is_remote(place: str) -> bool:
    """Whether a place is a URL for fsspec."""
    return "://" in place or "::" in place


def study_file(study: str, name: str) -> bytes | None:
    """A file beside a study's sessions; None if there is none."""
    try:
        return file_bytes(study, name)
    except OSError:
        return None


def list_files(study: str) -> list[str]:
    """All files of a study, as paths relative to it, with / as the separator."""
    if not is_remote(study):
        root = Path(study)
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    system, root = _remote(study)
    try:
        found = system.find(root)
    except OSError as error:
        raise AnalysisError(f"{study} cannot be read ({error}).") from error
    return sorted(name[len(root) :].lstrip("/") for name in found)


def file_bytes(study: str, name: str, first: int | None = None) -> bytes:
    """A file of a study, or its `first` bytes."""
    if is_remote(study):
        system, root = _remote(study)
        return system.cat_file(f"{root}/{name}" if root else name, end=first)
    with (Path(study) / name).open("rb") as file:
        return file.read(-1 if first is None else first)


def _remote(study: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as error:
        raise AnalysisError(
            "Studies elsewhere need the `fsspec` library: install it with `pip install fsspec`."
        ) from error
    try:
        system, root = fsspec.core.url_to_fs(study)
    except (ValueError, ImportError, OSError) as error:
        raise AnalysisError(f"{study} cannot be opened ({error}).") from error
    return system, str(root).rstrip("/")
