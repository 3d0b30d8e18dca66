"""Mappings as JSON and TOML can hold them."""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tomli_w


def plain(value: Any) -> Any:
    """Return `value` as JSON and TOML can hold it.

    Parameters
    ----------
    value : object
        Numbers, text, paths, arrays, dataclasses, and mappings and sequences of these.

    Returns
    -------
    object
        Plain Python values; what is no finite number becomes None.

    Examples
    --------
    >>> plain({"a": np.float32(0.5), "b": (1, float("nan"))})
    {'a': 0.5, 'b': [1, None]}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _to_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _to_toml(value: Any) -> str:
    return tomli_w.dumps(_without_none(value))


def _without_none(value: Any) -> Any:
    """Leave out None, which TOML cannot write: an option that is absent keeps its default."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value if item is not None]
    return value


MAPPING_WRITERS: Mapping[str, Callable[[Any], str]] = {".json": _to_json, ".toml": _to_toml}
"""Ending of a file to what puts a plain mapping into words."""
