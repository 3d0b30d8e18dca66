"""The room's public names."""

import subprocess
import sys

import pytest

import s1r_imaging.binding


def test_every_public_name_is_there_and_is_a_function_or_a_class() -> None:
    names = s1r_imaging.binding.__all__
    assert sorted(names) == list(names)
    for name in names:
        assert callable(getattr(s1r_imaging.binding, name)), name
        assert name in dir(s1r_imaging.binding)
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(s1r_imaging.binding, "no_such_" + "name")


def test_importing_the_room_brings_nothing_heavy() -> None:
    code = "import sys, s1r_imaging.binding; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "scipy", "matplotlib"} & set(run.stdout.split())
