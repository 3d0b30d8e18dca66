"""What holds the house together and no linter checks."""

import dataclasses
import enum
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
import types
import typing
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpydoc.validate
import pytest
import tomli_w

import s1r_imaging
from s1r_imaging.options import Options

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCSTRING_CHECKS = set(PYPROJECT["tool"]["numpydoc_validation"]["checks"])
MODULES = sorted(found.name for found in pkgutil.walk_packages(s1r_imaging.__path__, "s1r_imaging."))
SOURCES = sorted(
    path
    for folder in ("s1r_imaging", "napari_plugin", "tests", "docs")
    for path in (ROOT / folder).rglob("*.py")
    if "_build" not in path.parts
)
TEXTS = SOURCES + sorted(
    path
    for pattern in ("*.md", "*.toml", "*.cff", "*.py", "docs/**/*.md", "tests/*.md", ".github/**/*.yml", ".ci/*")
    for path in ROOT.glob(pattern)
)
HEAVY = {"matplotlib", "napari", "pandas", "qtpy", "scipy", "skimage", "tifffile"}


@pytest.fixture(scope="module")
def options_classes() -> list[type[Options]]:
    for name in MODULES:
        importlib.import_module(name)
    found = list(Options.__subclasses__())
    for cls in found:
        found.extend(cls.__subclasses__())
    return [cls for cls in found if cls.__module__.startswith("s1r_imaging")]


def public_members(module_name: str) -> Iterator[tuple[str, Any]]:
    module = importlib.import_module(module_name)
    for name, value in vars(module).items():
        is_own = getattr(value, "__module__", None) == module_name
        if is_own and not name.startswith("_") and (inspect.isclass(value) or inspect.isfunction(value)):
            yield name, value
            if inspect.isclass(value):
                for member, attribute in vars(value).items():
                    documented = inspect.isfunction(attribute) or isinstance(attribute, property | classmethod)
                    if documented and not member.startswith("_"):
                        yield f"{name}.{member}", attribute


def public_functions() -> list[Callable[..., Any]]:
    return [
        value
        for name in MODULES
        for _, value in public_members(name)
        if inspect.isfunction(value) and "." not in value.__qualname__
    ]


def test_importing_the_package_brings_nothing_heavy() -> None:
    code = "import sys, s1r_imaging; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(run.stdout.split())


def test_no_module_brings_a_window_or_pyplot() -> None:
    code = "import sys, importlib\n"
    code += f"for name in {MODULES!r}: importlib.import_module(name)\n"
    code += "print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"matplotlib.pyplot", "napari", "qtpy", "dask", "zarr"} & set(run.stdout.split())


def test_every_exported_name_is_there() -> None:
    assert sorted(s1r_imaging.__all__) == list(s1r_imaging.__all__)
    for name in s1r_imaging.__all__:
        assert getattr(s1r_imaging, name) is not None
        assert name in dir(s1r_imaging)
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(s1r_imaging, "no_such_" + "name")


def required_checks(name: str, value: Any) -> set[str]:
    checks = DOCSTRING_CHECKS
    has_section = re.search(r"^ *-{4,}$", value.__doc__ or "", re.MULTILINE)
    if name.partition(".")[0] not in s1r_imaging.__all__ and not has_section:
        checks = checks - {"PR01", "RT01", "YD01"}  # inside the house one sentence may say it all
    if inspect.isclass(value) and issubclass(value, Options | enum.Enum):
        checks = checks - {"PR01"}  # an option is documented by its help, a member by its meaning
    if inspect.isclass(value) and dataclasses.is_dataclass(value) and "Attributes\n" in (value.__doc__ or ""):
        checks = checks - {"PR01"}  # made for its readers, who do not call it
    return checks


def undocumented_fields(value: Any) -> list[str]:
    if not dataclasses.is_dataclass(value) or "----" not in (value.__doc__ or ""):
        return []
    given = [item.name for item in dataclasses.fields(value) if item.init]
    return [name for name in given if not re.search(rf"\b{name}\b", value.__doc__ or "")]


@pytest.mark.parametrize("module_name", MODULES)
def test_docstrings_are_complete(module_name: str) -> None:
    faults = []
    for name, value in public_members(module_name):
        checks = required_checks(name, value)
        for code, message in numpydoc.validate.validate(f"{module_name}.{name}")["errors"]:
            if code in checks:
                faults.append(f"{name}: {code} {message}")
        faults += [f"{name}: field {field} is not documented" for field in undocumented_fields(value)]
    assert not faults


def test_option_names_are_unique_across_stages() -> None:
    stages = importlib.import_module("s1r_imaging.analysis").STAGES
    names = [item.name for cls in stages.values() for item in dataclasses.fields(cls)]
    assert [name for name, count in Counter(names + list(stages)).items() if count > 1] == []


def test_options_have_a_section_of_their_own(options_classes: list[type[Options]]) -> None:
    sections = [cls.section for cls in options_classes]
    assert [name for name, count in Counter(sections).items() if count > 1] == []
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in sections)


def test_options_are_frozen_and_keyword_only(options_classes: list[type[Options]]) -> None:
    for cls in options_classes:
        parameters: Any = vars(cls)["__dataclass_params__"]
        assert parameters.frozen, cls.__name__
        assert all(item.kw_only for item in dataclasses.fields(cls)), cls.__name__


def test_each_option_is_explained_in_a_sentence(options_classes: list[type[Options]]) -> None:
    for cls in options_classes:
        for item in dataclasses.fields(cls):
            assert re.fullmatch(r".{12,}\.", item.metadata["help"]), f"{cls.__name__}.{item.name}"


def test_default_options_are_valid_and_survive_a_file(options_classes: list[type[Options]]) -> None:
    for cls in options_classes:
        defaults = cls()
        assert cls.from_dict(tomllib.loads(tomli_w.dumps(defaults.to_dict()))) == defaults


def test_what_may_be_absent_is_absent_by_default(options_classes: list[type[Options]]) -> None:
    for cls in options_classes:
        hints = typing.get_type_hints(cls)
        for item in dataclasses.fields(cls):
            may_be_absent = types.NoneType in typing.get_args(hints[item.name])
            assert (item.default is None) == may_be_absent, f"{cls.__name__}.{item.name}: a file cannot say None"


def test_functions_take_their_defaults_from_the_options(options_classes: list[type[Options]]) -> None:
    for cls in options_classes:
        options = {item.name: item.default for item in dataclasses.fields(cls)}
        users = [
            (function, inspect.signature(function).parameters)
            for function in public_functions()
            if function.__module__ == cls.__module__
        ]
        users = [(function, parameters) for function, parameters in users if set(options) <= set(parameters)]
        assert users, f"no function in {cls.__module__} takes all options of {cls.__name__}: {sorted(options)}"
        for function, parameters in users:
            for name, default in options.items():
                assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY, f"{function.__name__}({name}=)"
                assert repr(parameters[name].default) == repr(default), f"{function.__name__}({name}=)"


def test_a_boolean_is_never_positional() -> None:
    for function in public_functions():
        for parameter in inspect.signature(function).parameters.values():
            if isinstance(parameter.default, bool):
                assert parameter.kind is parameter.KEYWORD_ONLY, f"{function.__qualname__}({parameter.name})"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_holds_two_ideas(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


def test_no_path_of_one_machine_is_named() -> None:
    pattern = re.compile(r"/" + r"(?:root|work|home/\w+|Users/\w+)/")
    named = [path.relative_to(ROOT) for path in TEXTS if pattern.search(path.read_text(encoding="utf-8"))]
    assert not named


def test_the_readme_names_the_commands_that_are_run_elsewhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    last_line = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]
    assert last_line == "python3 bootstrap.py test"
    assert f"\n{last_line}\n" in readme
    assert "\npython3 bootstrap.py demo\n" in readme
