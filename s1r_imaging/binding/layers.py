"""From the grids and tables of a file to layers: one property (role, compound, counts …) of a plate's wells."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from s1r_imaging.io.concentrations import ConcentrationUnit, parse_unit, unit_in_heading
from s1r_imaging.io.decimals import DecimalMark
from s1r_imaging.io.grids import PlateGrid
from s1r_imaging.io.plates import PlateFile, PlateTable
from s1r_imaging.io.sheets import Cell

LAYOUT = "layout"
"""A grid whose cells say compound and concentration, or a role, at once."""

_COUNT_WORD = re.compile(r"\b(?:ccpm|cpm|dpm|cps|counts?|signal)(?:a|[1-3])?\b")
_OTHER_QUANTITY = re.compile(r"\b(?:sqp|sis|tsis|tsie|sqe|time|error|sd|2s|lumi|lumex|luminescence|flags?)\b|%")
_PROPERTY_PATTERNS = {
    "concentration": r"(?:log ?(?:10)? ?)?(?:competitor|compound|drug|ligand|inhibitor|cpd|molar)? ?"
    r"(?:concentrations?|conc|dose|doses)",
    "role": r"roles?|well role|well type|sample type|content|contents|type",
    "experiment": r"experiments?|experiment id|exp|run|assay|assay id",
    "replicate": r"replicates?|rep|repl|replicate number|replicate no",
    "compound": r"(?:test )?(?:compound|cpd|drug|ligand|competitor|substance|sample|inhibitor)s?"
    r"(?: (?:name|id|no|number|code)s?)?|names?",
    "plate": r"plate|plates|plate id|plate name|plate no|plate number|plate barcode|barcode",
    LAYOUT: r"layout|plate layout|map|plate map",
}
_NO_PLATE_NAME = {
    "map",
    "type",
    "layout",
    "format",
    "reader",
    "size",
    "is",
    "of",
    "counts",
    "role",
    "position",
    "information",
    "id",
    "barcode",
}


@dataclass(frozen=True)
class Layer:
    """One property of the wells of one plate.

    Attributes
    ----------
    name : str
        ``role``, ``compound``, ``concentration``, ``experiment``, ``replicate``, ``layout``, ``signal``, or the
        heading of another column.
    plate : str or None
        Name of the plate; None where it is not said.
    cells : dict
        Well ("A1", or "row 3" where a table has no wells) to cell.
    unit : ConcentrationUnit or None
        Unit in the heading.
    decimal : {".", ","}
        Decimal mark of its text.
    """

    name: str
    plate: str | None
    cells: dict[str, Cell]
    unit: ConcentrationUnit | None = None
    decimal: DecimalMark = "."


@dataclass(frozen=True)
class Layers:
    """All layers of a file, and what is wrong with it.

    Attributes
    ----------
    source : str
        The file, for messages.
    layers : list of Layer
        In the order of the file.
    problems : list of str
        Parts of sentences.
    """

    source: str
    layers: list[Layer] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def property_of(heading: str) -> str | None:
    """Return the property that a heading names, or None.

    Parameters
    ----------
    heading : str
        Heading of a column, or name of a grid.

    Returns
    -------
    str or None
        ``signal`` or a property of the plate map.

    Examples
    --------
    >>> property_of("Conc. [nM]"), property_of("concentration_M"), property_of("CPM1"), property_of("Well type")
    ('concentration', 'concentration', 'signal', 'role')
    """
    plain = _plain(heading)
    bare = re.sub(r"[\s_]*[\[(][^\])]*[\])]|[\s_,;/]+(?:in )?(?:log ?)?[munpfµ]?m(?:ol/l)?$", "", plain)
    bare = re.sub(r"\s+(?:in|layout|map|plate map)$", "", bare.strip()).strip()
    if parse_unit(heading.strip()) is not None or (heading.strip()[:1] in "[(" and unit_in_heading(heading)):
        return "concentration"
    if re.fullmatch(r"[-−]?log ?(?:10)? ?[\[(].*[\])](?: .*)?", plain):
        return "concentration"
    for name, pattern in _PROPERTY_PATTERNS.items():
        if re.fullmatch(pattern, bare) or re.fullmatch(pattern, plain):
            return name
    if _COUNT_WORD.search(plain) and not _OTHER_QUANTITY.search(plain):
        return "signal"
    return None


def read_layers(
    file: PlateFile, *, title: str = "", counts_column: str | None = None, only_counts: bool = False
) -> Layers:
    """Sort the blocks of a file into layers.

    Parameters
    ----------
    file : PlateFile
        Grids and tables.
    title : str
        Property that the caller gave the file.
    counts_column : str, optional
        Heading of the counts, where there are several.
    only_counts : bool
        Whether grids hold counts, whatever the lines above them say.

    Returns
    -------
    Layers
        Layers and problems.
    """
    found = Layers(file.source)
    grids = [block for block in file.blocks if isinstance(block, PlateGrid)]
    unwanted = _other_quantities(grids, counts_column) if only_counts else set()
    for block in file.blocks:
        if isinstance(block, PlateTable):
            _add_table(found, block, file.decimal, counts_column)
        elif id(block) not in unwanted:
            found.layers.append(_grid_layer(block, file.decimal, title=title, only_counts=only_counts))
    wanted = [grid for grid in grids if id(grid) not in unwanted]
    sheets = {grid.sheet for grid in wanted}
    if only_counts and 1 < len(sheets) == len(wanted) == len(found.layers):  # a sheet for each plate
        named = zip(found.layers, wanted, strict=True)
        found.layers[:] = [replace(layer, plate=layer.plate or plate_word(grid.sheet)) for layer, grid in named]
    return found


def _other_quantities(grids: list[PlateGrid], counts_column: str | None) -> set[int]:
    """Return which grids hold quench, errors and the like beside the grids of counts."""
    lines = {id(grid): [_plain(line) for line in (*grid.title[:2], grid.sheet)] for grid in grids}
    if counts_column is not None:
        wanted = re.compile(rf"(?<!\w){re.escape(_plain(counts_column))}(?!\w)")
    else:
        wanted = _COUNT_WORD
    chosen = {
        key: bool(
            next(
                (wanted.search(line) for line in own if wanted.search(line) or _OTHER_QUANTITY.search(line)), None
            )
        )
        for key, own in lines.items()
    }
    return {key for key, is_chosen in chosen.items() if not is_chosen} if any(chosen.values()) else set()


def plate_in_title(title: Iterable[str]) -> str | None:
    """Return the name of the plate in the lines above it, the nearest first.

    >>> plate_in_title(["CPM", "Plate no. 3 of 4", "Counter 2450"]), plate_in_title(["Plate map"])
    ('3', None)
    """
    for line in title:
        found = re.search(
            r"\bplate(?![a-z])[\s:#_,;=-]*(?:(?:id|no|nr|number|name|barcode)\b)?[\s.:#,;=_-]*([\w.+-]*\w)?(\W*$)?",
            line,
            re.IGNORECASE,
        )
        name = found[1] if found else None
        if found is None or name is None or name.casefold() in _NO_PLATE_NAME:
            continue
        if len(name) == 1 or re.search(r"\d", name) or found[2] is not None:  # no word of a running text
            return name
    return None


def _plain(text: str) -> str:
    return (
        re.sub(r"[\s_]+", " ", text.replace("μ", "µ").casefold().replace("μ", "µ")).replace(".", "").strip(" :#")
    )


def _grid_layer(grid: PlateGrid, decimal: DecimalMark, *, title: str, only_counts: bool) -> Layer:
    name, heading = ("signal", "") if only_counts else _grid_property(grid, title)
    plate = plate_in_title(grid.title) or plate_in_title([grid.sheet])
    unit = unit_in_heading(heading) if name == "concentration" else None
    return Layer(name, plate, dict(grid.wells), unit, decimal=decimal)


def _grid_property(grid: PlateGrid, title: str) -> tuple[str, str]:
    """Return the property of a grid and the words that said so; nothing said may be counts or a layout."""
    for line in (title, *grid.title[:3], grid.sheet):
        without_plate = re.sub(r"\bplate\b\W*(?:(?:no|nr|number|id)\b\W*)?[\w.]*", "", line, flags=re.IGNORECASE)
        for words in (line, without_plate.strip(" -–:|,;()")):
            name = property_of(words)
            if name is not None and name != "plate":
                return name, words
    return "", ""


def _add_table(found: Layers, table: PlateTable, decimal: DecimalMark, counts_column: str | None) -> None:
    names = [_column_name(heading, counts_column) for heading in table.columns]
    keys = [well or f"row {number}" for number, well in enumerate(table.wells, start=1)]
    if any(table.wells):
        wrong = [_row_words(row) for row, well in zip(table.rows, table.wells, strict=True) if not well]
        found.problems.extend([f"no well is named in {listed(wrong)}"] if wrong else [])
    for name in ("role", "compound", "concentration", "experiment", "replicate", "plate", "signal"):
        if names.count(name) > 1:
            headings = [heading for heading, own in zip(table.columns, names, strict=True) if own == name]
            remedy = ": choose one with counts_column=" if name == "signal" else ": leave one"
            found.problems.append(f"{name} stands in several columns ({listed(headings)}){remedy}")
    at = names.index("plate") if "plate" in names else None
    if at is None and len(set(keys)) < len(keys) and "experiment" in names:
        at = names.index("experiment")  # wells that stand in several experiments stand on several plates
    default = plate_in_title(table.title)
    plates = [default if at is None or row[at] is None else plate_word(row[at]) for row in table.rows]
    pairs = list(zip(plates, keys, strict=True))
    twice = sorted((pair for pair, count in Counter(pairs).items() if count > 1), key=str)
    if twice:
        found.problems.append(f"second row for {listed([_pair_words(*pair) for pair in twice])}")
    for place, (heading, name) in enumerate(zip(table.columns, names, strict=True)):
        if name in {"", "plate", "well"} or name in names[:place]:
            continue
        unit = unit_in_heading(heading) if name == "concentration" else None
        for plate in dict.fromkeys(plates):
            cells = {key: row[place] for (own, key), row in zip(pairs, table.rows, strict=True) if own == plate}
            found.layers.append(Layer(name, plate, cells, unit, decimal=decimal))


def plate_word(cell: Cell) -> str:
    """Return the name of a plate: 1, 1.0 and "Plate 1" are one.

    >>> plate_word("Plate 1"), plate_word(1.0)
    ('1', '1')
    """
    text = str(cell).strip()
    return re.sub(r"^plate[\s_#-]+", "", text, flags=re.IGNORECASE).removesuffix(".0")


def _column_name(heading: str, counts_column: str | None) -> str:
    plain = _plain(heading)
    if counts_column is not None and heading.strip() == counts_column.strip():
        return "signal"
    if plain in {
        "well",
        "wells",
        "well id",
        "well name",
        "position",
        "pos",
        "well position",
        "row",
        "column",
        "col",
    }:
        return "well"
    name = property_of(heading)
    return heading.strip() if name is None or (name == "signal" and counts_column is not None) else name


def listed(items: Iterable[str], *, most: int = 12) -> str:
    """Join words, and count those that are too many to name.

    >>> listed(["A1", "A2", "A3"], most=2)
    'A1, A2 and 1 more'
    """
    words = list(items)
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def _row_words(row: Iterable[Cell]) -> str:
    return repr(" ".join(str(cell) for cell in row if cell is not None)[:40])


def _pair_words(plate: str | None, well: str) -> str:
    return well if plate is None else f"{well} of plate {plate}"
