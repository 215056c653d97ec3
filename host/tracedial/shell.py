"""Command lines for the user to copy: each word quoted as this computer's shell needs it."""

import shlex
import sys


def command_line(*words: object) -> str:
    """Words as one line for a POSIX shell, or for the Windows prompt and PowerShell."""
    texts = [str(word) for word in words]
    if sys.platform == "win32":
        return " ".join(text if _is_plain(text) else f'"{text}"' for text in texts)
    return shlex.join(texts)


def _is_plain(text: str) -> bool:
    """Whether no shell of Windows takes any of a word's characters for its own. (No file's name has a quote there.)"""
    return bool(text) and all(sign.isalnum() or sign in r"_-./\:=+" for sign in text)
