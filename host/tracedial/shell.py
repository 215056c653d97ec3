"""Command lines for the user to copy, quoted for this computer's shell."""

import shlex
import sys


def command_line(*words: object) -> str:
    """Join words into one line for a POSIX shell, or for the Windows prompt and PowerShell."""
    texts = [str(word) for word in words]
    if sys.platform == "win32":
        return " ".join(text if _is_plain(text) else f'"{text}"' for text in texts)
    return shlex.join(texts)


def _is_plain(text: str) -> bool:
    """Whether no character of a word has a special meaning in a Windows shell. (File names there contain no quotes.)"""
    return bool(text) and all(sign.isalnum() or sign in r"_-./\:=+" for sign in text)
