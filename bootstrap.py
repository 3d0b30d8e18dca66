"""Do everything from nothing but Python: ``python3 bootstrap.py demo`` or ``python3 bootstrap.py test``.

Makes the virtual environment ``.venv`` beside this file, puts nox into it, and runs the nox session of the
given name; what follows the name is passed on to it. Uses the standard library only. On Debian it also installs
the system packages that are missing, where it may (as root, or with sudo that asks nothing).
"""

from __future__ import annotations  # so that an older Python gets as far as the sentence that refuses it

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")

# A window on a virtual screen: what the tests of the napari plugin need and a bare Debian lacks.
GUI_PACKAGES = (
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libgl1-mesa-dri",
    "libopengl0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xinerama0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
    "xauth",
    "xvfb",
)
# A browser, which opens the report: any of these does, and Debian has the first.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VENV_PACKAGES = ("python3-venv",)  # Debian splits venv and pip's installer off the interpreter


def main(arguments: Sequence[str]) -> int:
    """Run the nox session that the first argument names."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python3 bootstrap.py demo | test | gui | docs | lint | build | benchmarks  [options of it]")
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036  (the reader may well have an older one)
        print("s1r-imaging needs Python 3.11 or newer: run this with one, e.g. python3.11 bootstrap.py test.")
        return 1
    name, *rest = arguments
    if importlib.util.find_spec("ensurepip") is None and not install_debian(VENV_PACKAGES):
        print(f"This Python cannot make virtual environments: run 'apt-get install {VENV_PACKAGES[0]}' as root.")
        return 1
    if name in ("test", "gui"):
        install_for_tests()
    if not shutil.which("nox", path=str(SCRIPTS)):
        try:
            make_environment()
        except subprocess.CalledProcessError as error:
            print(f"This step failed, for the reason above: {' '.join(error.cmd)}")
            return 1
    command = [str(SCRIPTS / "python"), "-m", "nox", "--noxfile", str(HERE / "noxfile.py"), "--session", name]
    return subprocess.run([*command, "--", *rest], check=False).returncode


def install_for_tests() -> None:
    """Install what only some tests need; they are skipped where it is not to be had."""
    if not install_debian(GUI_PACKAGES):
        print("Going on without them: only tests that open a window need them.")
    # By itself: apt-get installs nothing at all where it does not know one of the names.
    if not any(map(shutil.which, BROWSERS)) and not install_debian(BROWSERS[:1]):
        print("Going on without it: only tests that open the report in a browser need it.")


def make_environment() -> None:
    """Make ``.venv``, with nox in it."""
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    subprocess.run([str(SCRIPTS / "python"), "-m", "pip", "install", "--quiet", "nox"], check=True)


def install_debian(packages: Sequence[str]) -> bool:
    """Install those of `packages` that are missing; say what was not done, and why.

    Returns False when some are still missing afterwards, or when this is not Debian (or a child of it).
    """
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        print(f"Not a Debian system, so these were not looked for: {' '.join(packages)}.")
        return False
    missing = [package for package in packages if not is_installed(package)]
    if not missing:
        return True
    administrator = as_administrator()
    if administrator is None:
        print(f"Missing, and no right to install: run 'apt-get install {' '.join(missing)}' as root.")
        return False
    print(f"Installing with apt-get: {' '.join(missing)}", flush=True)
    apt = [*administrator, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"]
    subprocess.run([*apt, "update"], check=False)
    subprocess.run([*apt, "install", "--yes", "--no-install-recommends", *missing], check=False)
    failed = [package for package in missing if not is_installed(package)]
    if failed:
        print(f"apt-get could not install: {' '.join(failed)}.")
    return not failed


def is_installed(package: str) -> bool:
    """Ask dpkg whether a package is installed."""
    query = ["dpkg-query", "--show", "--showformat=${Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "install ok installed"


def as_administrator() -> list[str] | None:
    """Return what to put before a command to run it as root; None where that is not allowed."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0:
        return sudo
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
