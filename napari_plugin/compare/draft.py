"""Edits of a design that were not saved when the window was closed. No Qt widgets."""

from pathlib import Path

from napari_plugin.compare.table import Content, DesignTable
from napari_plugin.settings import Settings

_NAME = "compare/draft"


def keep_draft(settings: Settings, table: DesignTable) -> None:
    """Keep a table that is in no file."""
    content = table.content
    settings.remember_choice(
        _NAME,
        {
            "headings": list(content.headings),
            "rows": [list(row) for row in content.rows],
            "folder": None if content.folder is None else str(content.folder),
            "delimiter": content.delimiter,
            "source": None if table.source is None else str(table.source),
        },
    )


def kept_draft(settings: Settings) -> tuple[Content, Path | None] | None:
    """Return the table that was kept, and its file; None where there is none."""
    kept = settings.choice(_NAME)
    try:
        content = Content(
            tuple(kept["headings"]),
            tuple(tuple(row) for row in kept["rows"]),
            None if kept["folder"] is None else Path(kept["folder"]),
            kept["delimiter"],
        )
        return content, None if kept["source"] is None else Path(kept["source"])
    except (KeyError, TypeError):
        return None


def forget_draft(settings: Settings) -> None:
    """Forget it: it was brought back."""
    settings.remember_choice(_NAME, None)
