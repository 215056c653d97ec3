"""Makes the virtual environment that `make` works in, or says in one sentence what this machine lacks.

Any Python 3 can read this file: an old one has to say that it is too old.
"""

import importlib.util
import os
import subprocess
import sys

OLDEST = (3, 11)


def debian_package():
    """The package that brings `venv` to this Python on Debian and Ubuntu, which ship it apart."""
    system = os.path.realpath("/usr/bin/python3")
    name = "python3" if os.path.realpath(sys.executable) == system else "python%d.%d" % sys.version_info[:2]
    return name + "-venv"


def what_is_missing():
    """What keeps this Python from making an environment, and what to type; empty if nothing does."""
    if sys.version_info < OLDEST:
        return (
            "Tracedial needs Python %d.%d or newer, and this is %d.%d: install a newer one and name it, as in "
            "`make PYTHON=python3.12 demo`." % (OLDEST + sys.version_info[:2])
        )
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return ""
    if os.path.exists("/etc/debian_version"):
        return "This Python lacks its module venv: type `sudo apt install %s`, then the same again." % debian_package()
    return "This Python lacks its modules venv and ensurepip: install Python as README.md says for your system."


def main():
    """Make the environment in the folder that is named. Returns the exit code."""
    missing = what_is_missing()
    if missing:
        sys.stderr.write(missing + "\n")
        return 1
    return subprocess.call([sys.executable, "-m", "venv", sys.argv[1]])


if __name__ == "__main__":
    sys.exit(main())
