"""What is wrong with a design table, gathered, so that one message can list it all with row and column."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class DesignProblem:
    """Something that is wrong with a design table.

    Attributes
    ----------
    rows : tuple of int
        Rows that have it, counted from 0; none where it is one of a column or of the whole table.
    column : str
        The heading as it stands, or the name of a column that a heading means or that is missing; empty where it
        is one of whole rows or of the whole table.
    line : str
        The problem with its place, as in the message of `check_design`.
    """

    rows: tuple[int, ...]
    column: str
    line: str


class DesignProblems:
    """Problems of a design table.

    Parameters
    ----------
    places : sequence of int
        Number of each row as the user sees it.
    noun : str
        What such a row is called: ``"row"`` or ``"recording"``.
    """

    def __init__(self, places: Sequence[int], noun: str) -> None:
        self._places = tuple(places)
        self._noun = noun
        self._found: dict[tuple[str, str], list[int]] = {}
        self._marked: set[tuple[int, str]] = set()

    def add(self, row: int, column: str, sentence: str) -> None:
        """Note a problem of the cell in a row (counted from 0) and column."""
        rows = self._found.setdefault((column, sentence), [])
        if row not in rows:
            rows.append(row)
        self.mark(row, column)

    def mark(self, row: int, column: str) -> None:
        """Remember that a cell is wrong under another name of its column too."""
        self._marked.add((row, column))

    def say(self, column: str, sentence: str) -> None:
        """Note a problem of a column, or of the whole table where `column` is empty."""
        self._found.setdefault((column, sentence), [])

    def has(self, row: int, *columns: str) -> bool:
        """Whether a problem of one of these columns of the row is known already."""
        return any((row, column) in self._marked for column in columns)

    def listed(self) -> tuple[DesignProblem, ...]:
        """Return the problems, by the first row that has them.

        Returns
        -------
        tuple of DesignProblem
            Those of the whole table first; lines are such as ``"rows 2 and 5, column role: …"``.
        """
        ordered = sorted(self._found.items(), key=lambda item: min(item[1], default=-1))
        return tuple(
            DesignProblem(tuple(rows), column, self._line(column, sentence, rows))
            for (column, sentence), rows in ordered
        )

    def _line(self, column: str, sentence: str, rows: Sequence[int]) -> str:
        numbers = [self._places[row] for row in rows]
        where = ", ".join(
            part
            for part in (
                number_words(numbers, noun=self._noun) if numbers else "",
                f"column {column}" if column else "",
            )
            if part
        )
        end = "" if sentence.endswith("?") else "."
        return f"{where}: {sentence}{end}" if where else f"{sentence}{end}"


def number_words(numbers: Iterable[int], *, noun: str) -> str:
    """Return numbers of rows in words.

    >>> number_words([2, 3, 4, 7], noun="row"), number_words([5], noun="recording")
    ('rows 2–4 and 7', 'recording 5')
    """
    ordered = sorted(set(numbers))
    runs: list[list[int]] = []
    for number in ordered:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = []
    for first, last in runs:
        words += (
            [str(first)]
            if first == last
            else [str(first), str(last)]
            if last == first + 1
            else [f"{first}–{last}"]
        )
    joined = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"{noun}{'s' if len(ordered) > 1 else ''} {joined}"
