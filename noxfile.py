#!/usr/bin/env python3
# /// script
# dependencies = ["nox>=2024.10.9"]
# ///
"""Tasks of the project: ``nox --list`` names them, ``nox -s NAME`` runs one in an environment of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"

# Types are checked with the oldest Python: newer ones install libraries whose type stubs differ.
OLDEST = (3, 11)

# Many small arrays: more threads than test workers only get in each other's way.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

PYSIDE6 = {"QT_API": "pyside6", "PYTEST_QT_API": "pyside6"}


@nox.session(reuse_venv=True, default=False)
def demo(session: nox.Session) -> None:
    """Install the package as a user would and run its main job on the built-in sample."""
    session.install(".")
    session.run("s1r-imaging", "demo", "--overwrite", *session.posargs)


@nox.session(reuse_venv=True)
def test(session: nox.Session) -> None:
    """Check style, types, layers and docstrings, then run every test and doctest."""
    session.install("-e", ".[test]")
    check_style(session)
    session.run(
        "pytest", "--numprocesses=logical", "--maxprocesses=8", *without_window(session), *session.posargs,
        env=ONE_THREAD,
    )  # fmt: skip


@nox.session(reuse_venv=True, default=False)
def gui(session: nox.Session) -> None:
    """Run the tests of the napari plugin with PySide6; the test command runs them with PyQt6."""
    session.install("-e", ".[test,pyside6]")
    session.run("pytest", "tests/napari_plugin", *session.posargs, env=ONE_THREAD | PYSIDE6)


@nox.session(reuse_venv=True, default=False)
def screenshots(session: nox.Session) -> None:
    """Take the pictures of the plugin's page anew, on a screen of its own; look at them before they are kept."""
    session.install("-e", ".[test]")
    session.run(
        "python", "-m", "tests.napari_plugin.screenshots", "docs/images/plugin", *session.posargs, env=ONE_THREAD
    )


@nox.session(reuse_venv=True, default=False)
def lint(session: nox.Session) -> None:
    """Check style, types and layers only."""
    session.install("-e", ".[test]")
    check_style(session)


@nox.session(reuse_venv=True)
def docs(session: nox.Session) -> None:
    """Build the documentation into docs/_build/html; a warning is an error."""
    session.install("-e", ".[docs]")
    for generated in ("docs/_build", "docs/_generated"):
        shutil.rmtree(generated, ignore_errors=True)
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html", *session.posargs)


@nox.session(reuse_venv=True, default=False)
def benchmarks(session: nox.Session) -> None:
    """Run the studies in tests/benchmarks that are named after ``--``, or all of them."""
    session.install("-e", ".[test]")
    studies = sorted(path.stem for path in Path("tests/benchmarks").glob("[!_]*.py"))
    for name in session.posargs or studies:
        session.run("python", "-m", f"tests.benchmarks.{name}", env=ONE_THREAD)


@nox.session(reuse_venv=True, default=False)
def build(session: nox.Session) -> None:
    """Build the source archive and the wheel into dist/."""
    session.install("build", "twine")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", *(str(path) for path in Path("dist").iterdir()))


def without_window(session: nox.Session) -> list[str]:
    """Return what has pytest leave out the tests of the plugin where the system lacks libraries that Qt needs."""
    run = [str(Path(session.bin) / "python"), "-c", "import PyQt6.QtWidgets"]
    if subprocess.run(run, capture_output=True, check=False).returncode == 0:
        return []
    session.warn("Qt cannot be loaded here, so the tests of the napari plugin are left out.")
    return ["-p", "no:pytest-qt", "--ignore=tests/napari_plugin"]


def check_style(session: nox.Session) -> None:
    """Run the checks that need no test."""
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    if sys.version_info[:2] == OLDEST:
        session.run("mypy")
    session.run("lint-imports")


if __name__ == "__main__":
    nox.main()
