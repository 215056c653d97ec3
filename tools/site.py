"""Build the documentation as a site: README, docs, hardware and the reference of the public face.

`python tools/site.py` copies the Markdown files, at the same places, to `build/site-pages`, so that their links stay
what they are, and has MkDocs build `build/site` of them. Every warning is an error, a link to nothing among them.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "build" / "site-pages"
SITE = ROOT / "build" / "site"
SHOWN = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CITATION.cff", "LICENSE")
FOLDERS = ("docs", "hardware")


def lay_out() -> None:
    """The files of the site as they stand in the repository."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    for name in SHOWN:
        shutil.copy(ROOT / name, PAGES / name)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, PAGES / folder, ignore=shutil.ignore_patterns("__pycache__"))


def main() -> int:
    """Build the site; the exit code of MkDocs."""
    lay_out()
    # Not --quiet: that takes the warnings away before MkDocs could count them.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        print("\n".join(line for line in done.stderr.splitlines() if not line.startswith("INFO")))
        return 1
    print(f"built {SITE / 'README.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
