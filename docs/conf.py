"""Configuration of the documentation."""

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from s1r_imaging.analysis import STAGES
from s1r_imaging.binding_runfile import BINDING_STAGES
from s1r_imaging.experiment_options import EXPERIMENT_STAGES
from s1r_imaging.flags import BINDING_FLAG_MEANING, COMBINED_FLAG_MEANING, FLAG_MEANING
from s1r_imaging.options import describe_type
from s1r_imaging.provenance import package_version

project = "s1r-imaging"
author = "the s1r-imaging developers"
copyright = f"2026, {author}"  # noqa: A001  (Sphinx's name for it)
version = release = package_version()

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
]
exclude_patterns = [
    "_build",
    *(f"_generated/{name}.md" for name in ("flags", "binding_flags", "options")),
]  # included

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say it in words
numpydoc_show_class_members = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = project
html_sidebars: dict[str, list[str]] = {
    page: []  # a page by itself has nothing to list beside it
    for page in (
        "index",
        "tutorial",
        "tutorial_experiment",
        "tutorial_binding",
        "design_table",
        "plate_readers",
        "plugin",
        "plugin_compare",
        "plugin_binding",
        "cli",
        "results_folder",
        "options",
        "changelog",
        "methods/*",
        "contributing/*",
    )
}
html_theme_options = {
    "header_links_before_dropdown": 7,
    "github_url": "https://github.com/s1r-imaging/s1r-imaging",
    "navigation_with_keys": True,
    "show_toc_level": 2,
}


def write_option_tables(app: Sphinx, _: object) -> None:
    """Write one table per stage, from the fields of its options."""
    lines = []
    for section, options in (STAGES | EXPERIMENT_STAGES | BINDING_STAGES).items():
        hints = typing.get_type_hints(options)
        lines += [
            f"## {section}",
            "",
            "| option | allowed | default | what it does |",
            "| --- | --- | --- | --- |",
        ]
        for item in dataclasses.fields(options):
            allowed = describe_type(hints[item.name]).removesuffix(" or None")
            default = "" if item.default is None else f"`{item.default}`"
            lines.append(f"| `{item.name}` | {allowed} | {default} | {item.metadata['help']} |")
        lines.append("")
    write(app, "options.md", lines)


def write_flag_table(app: Sphinx, _: object) -> None:
    """Write what each flag means."""
    write(app, "flags.md", flag_table(FLAG_MEANING))
    combined = ["", "Over experiments (`combined.csv`):", "", *flag_table(COMBINED_FLAG_MEANING)]
    write(app, "binding_flags.md", flag_table(BINDING_FLAG_MEANING) + combined)


def flag_table(meaning: Mapping[Any, str]) -> list[str]:
    """Return a table of flags as lines of Markdown."""
    rows = [f"| {flag:d} | `{flag.name.lower()}` | {text} |" for flag, text in meaning.items() if flag.name]
    return ["| bit | name | meaning |", "| --- | --- | --- |", *rows]


def write(app: Sphinx, name: str, lines: list[str]) -> None:
    """Write a page that another page includes."""
    folder = Path(app.srcdir) / "_generated"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("config-inited", write_option_tables)
    app.connect("config-inited", write_flag_table)
