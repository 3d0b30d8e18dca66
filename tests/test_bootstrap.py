import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Programs:
    """Stands for the programs of a machine: remembers what was run, and answers as told."""

    def __init__(self, *, installed: set[str], may_install: bool = True) -> None:
        self.installed = installed
        self.may_install = may_install
        self.commands: list[list[str]] = []

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if command[0] == "dpkg-query":
            return subprocess.CompletedProcess(
                command, 0, "install ok installed" if command[-1] in self.installed else ""
            )
        if "install" in command and self.may_install:
            self.installed |= set(command)
        return subprocess.CompletedProcess(command, 0, "")


def pretend(module: ModuleType, monkeypatch: pytest.MonkeyPatch, programs: Programs, *, root: bool = True) -> None:
    monkeypatch.setattr(module.subprocess, "run", programs.run)
    monkeypatch.setattr(module.shutil, "which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setattr(module, "as_administrator", lambda: [] if root else None)


def test_without_a_name_it_says_how_it_is_used() -> None:
    run = subprocess.run([sys.executable, str(ROOT / "bootstrap.py")], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stdout.startswith("usage: python3 bootstrap.py demo | test")


def test_only_missing_packages_are_installed(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs(installed={"xvfb"})
    pretend(bootstrap, monkeypatch, programs)
    assert bootstrap.install_debian(("xvfb", "xauth"))
    install = next(command for command in programs.commands if "install" in command)
    assert "xauth" in install
    assert "xvfb" not in install


def test_nothing_is_run_where_nothing_is_missing(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs(installed={"xvfb", "xauth"})
    pretend(bootstrap, monkeypatch, programs)
    assert bootstrap.install_debian(("xvfb", "xauth"))
    assert all(command[0] == "dpkg-query" for command in programs.commands)


@pytest.mark.parametrize("browser", [None, "google-chrome"])
def test_a_browser_is_installed_where_there_is_none(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, browser: str | None
) -> None:
    programs = Programs(installed=set(bootstrap.GUI_PACKAGES))
    pretend(bootstrap, monkeypatch, programs)
    there = {"dpkg-query", "apt-get", browser}
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name, **_: name if name in there else None)
    bootstrap.install_for_tests()
    assert any("chromium" in command[-1:] for command in programs.commands if "install" in command) == (
        not browser
    )


def test_a_failed_installation_is_told(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(bootstrap, monkeypatch, Programs(installed=set(), may_install=False))
    assert not bootstrap.install_debian(("xvfb",))
    assert "apt-get could not install: xvfb." in capsys.readouterr().out


def test_without_the_right_to_install_the_command_is_told(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(bootstrap, monkeypatch, Programs(installed=set()), root=False)
    assert not bootstrap.install_debian(("xvfb", "xauth"))
    assert "run 'apt-get install xvfb xauth' as root" in capsys.readouterr().out


def test_an_old_python_is_refused(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
    assert bootstrap.main(["demo"]) == 1
    assert "needs Python 3.11 or newer" in capsys.readouterr().out
