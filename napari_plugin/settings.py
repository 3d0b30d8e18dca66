"""What the window remembers from one time to the next: options, the last folder, choices of the window."""

import json
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSettings

from s1r_imaging.options import Options


class OnDisk(MutableMapping[str, str]):
    """Texts that Qt keeps where the system keeps settings."""

    def __init__(self) -> None:
        self._settings = QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "s1r-imaging", "s1r-imaging"
        )

    def __getitem__(self, key: str) -> str:
        """Return a text."""
        value = self._settings.value(key)
        if value is None:
            raise KeyError(key)
        return str(value)

    def __setitem__(self, key: str, value: str) -> None:
        """Keep a text."""
        self._settings.setValue(key, value)

    def __delitem__(self, key: str) -> None:
        """Forget a text."""
        self._settings.remove(key)

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter([str(key) for key in self._settings.allKeys()])

    def __len__(self) -> int:
        """Count them."""
        return len(self._settings.allKeys())


class Settings:
    """What is remembered.

    Parameters
    ----------
    values : mutable mapping of str to str, optional
        Where it is kept: a dict for a test; on disk when not given.
    """

    def __init__(self, values: MutableMapping[str, str] | None = None) -> None:
        self._values = OnDisk() if values is None else values

    def options(self, options_class: type[Options]) -> Any:
        """Return the last options of a class; its defaults where there are none, or where they no longer hold."""
        kept = self.choice(f"options/{options_class.section}", {})
        try:
            return options_class.from_dict(kept)
        except (TypeError, ValueError):  # written by another version
            return options_class()

    def remember_options(self, options: Options) -> None:
        """Keep options for the next time."""
        self.remember_choice(f"options/{options.section}", options.to_dict())

    def forget_options(self) -> None:
        """Go back to the defaults of all options; folders and choices of the window stay."""
        for key in [key for key in self._values if key.startswith("options/")]:
            del self._values[key]

    @property
    def folder(self) -> str:
        """The folder that files were last taken from or written to; empty where there is none."""
        folder = self.choice("folder", "")
        return folder if isinstance(folder, str) and Path(folder).is_dir() else ""

    def remember_folder(self, path: str | Path) -> None:
        """Keep the folder of a file, or the folder itself."""
        place = Path(path)
        self.remember_choice("folder", str(place if place.is_dir() else place.parent))

    def choice(self, name: str, default: Any = None) -> Any:
        """Return a choice of the window."""
        try:
            return json.loads(self._values[name])
        except (KeyError, ValueError):
            return default

    def remember_choice(self, name: str, value: Any) -> None:
        """Keep a choice: text, numbers, lists and dicts of them."""
        self._values[name] = json.dumps(value)
