"""Files as plate readers write them, made from known traces."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.recording import Traces

Matrix = NDArray[np.float64]
Write = Callable[[float], str]

ALL_96 = tuple(f"{letter}{column}" for letter in "ABCDEFGH" for column in range(1, 13))
TIMES = np.arange(0.0, 100.0, 5.0)
WELLS = ("A1", "A2", "B1", "H12")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1")


def plain(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"


def with_comma(value: float) -> str:
    return plain(value).replace(".", ",")


def plate_line(
    layout: str, read_type: str, *, n_reads: int, interval: float, signals: Sequence[str] = ("340",),
    name: str = "Plate1", data: str = "Raw", first_column: int = 1, n_columns: int = 12, n_rows: int = 8,
) -> str:  # fmt: skip
    emissions = " ".join(["510"] * len(signals))
    fields = [
        "Plate:", name, "1.3", layout, read_type, "Fluorescence", "TRUE", data, "FALSE", n_reads,
        f"{n_reads * interval:g}", f"{interval:g}", "", "", "", len(signals), emissions, first_column, n_columns,
        96, " ".join(signals), "Automatic", " ".join(["495"] * len(signals)), "", "", 6, "Medium", "", "", 1,
        n_rows,
    ]  # fmt: skip
    return "\t".join(str(field) for field in fields)


def flex_file(
    times: Mapping[str, Matrix], courses: Sequence[Mapping[str, Any]], *, wells: Sequence[str] = ALL_96,
    signals: Sequence[str] = ("340",), write: Write = plain, name: str = "Plate#1", data: str = "Raw",
) -> str:  # fmt: skip
    """Write a Flex read: a column of times before each well, one wavelength below the other."""
    n_reads = max(len(own) for own in times.values())
    lines = [
        "##BLOCKS= 1          ",
        plate_line("TimeFormat", "FLEX", n_reads=n_reads, interval=5, signals=signals, name=name, data=data),
        "\t" + "\t".join(["Temperature(¡C)"] + [f"{well}T\t{well}" for well in wells]) + "\t",
    ]
    for course in courses:
        for read in range(n_reads):
            cells = ["", write(24.03)]
            for well in wells:
                value = course[well][read] if well in course else ""
                own = write(times[well][read]) if well in course else ""
                cells += [own, value if isinstance(value, str) else write(float(value))]
            lines.append("\t".join(cells) + "\t")
        lines.append("")
    return "\n".join([*lines, "~End", "Original Filename: x; Date Last Saved: 1/1/2020", ""])


def clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def kinetic_block(
    times: Matrix, courses: Sequence[Mapping[str, Matrix]], *, wells: Sequence[str] = ALL_96,
    signals: Sequence[str] = ("340",), write: Write = plain, name: str = "Plate1",
) -> str:  # fmt: skip
    """Write a Kinetic read in TimeFormat: a column per well, then a table with one reduced number per well."""
    line = plate_line(
        "TimeFormat", "Kinetic", n_reads=len(times), interval=times[1], signals=signals, name=name, n_columns=12
    )
    heading = "Time(hh:mm:ss)\tTemperature(¡C)\t" + "\t".join(wells)
    rows = [line, heading]
    for course in courses:
        for number, time in enumerate(times):
            cells = [write(course[well][number]) if well in course else "" for well in wells]
            rows.append("\t".join([clock(time), write(37.0), *cells]))
        rows.append("")
    rows += ["\t\t" + "\t".join(wells), "\t\t" + "\t".join("0.5" for _ in wells), "~End"]
    return "\n".join(rows)


def plate_block(
    times: Matrix, courses: Sequence[Mapping[str, Matrix]], *, columns: Sequence[int] = range(1, 13),
    signals: Sequence[str] = ("340",), name: str = "Plate1",
) -> str:  # fmt: skip
    """Write a Kinetic read in PlateFormat: a small plate per time, wavelengths side by side."""
    line = plate_line(
        "PlateFormat", "Kinetic", n_reads=len(times), interval=times[1], signals=signals, name=name,
        first_column=columns[0], n_columns=len(columns),
    )  # fmt: skip
    numbers = "\t".join(str(column) for column in columns)
    rows = [line, "\tTemperature(¡C)\t" + "\t\t".join([numbers] * len(courses))]
    for number, time in enumerate(times):
        for letter in "ABCDEFGH":
            parts = [
                "\t".join(
                    plain(course[f"{letter}{column}"][number]) if f"{letter}{column}" in course else ""
                    for column in columns
                )
                for course in courses
            ]
            start = [clock(time), "37"] if letter == "A" else ["", ""]
            rows.append("\t".join(start) + "\t" + "\t\t".join(parts))
        rows.append("")
    rows += ["\t\t" + numbers, *["\t\t" + "\t".join("0.5" for _ in columns)] * 8, "~End"]
    return "\n".join(rows)


def some_courses(seed: int = 0, wells: tuple[str, ...] = WELLS, times: Matrix = TIMES) -> dict[str, Matrix]:
    rng = np.random.default_rng(seed)
    values: Matrix = np.round(500 + 400 * rng.random((len(wells), len(times))), 3)
    return dict(zip(wells, values, strict=True))


def flex_times(wells: tuple[str, ...], n_reads: int = 60, *, late: float = 0.15) -> dict[str, Matrix]:
    """Rows are read one after another, and columns start at slightly different times."""
    rounds: Matrix = 5.0 * np.arange(n_reads, dtype=np.float64)
    return {well: rounds + 0.7 + late * "ABCDEFGH".index(well[0]) + 0.02 * int(well[1:]) for well in wells}


def saved(folder: Path, text: str, name: str = "plate1.txt", encoding: str = "utf-8", newline: str = "\n") -> Path:
    path = folder / name
    path.write_bytes(text.replace("\n", newline).encode(encoding, errors="replace"))
    return path


def check(traces: Traces, courses: dict[str, Matrix], times: Matrix = TIMES) -> None:
    assert list(traces.cells["well"]) == sorted(courses, key=lambda well: (well[0], int(well[1:])))
    np.testing.assert_allclose(traces.time_s, times, atol=1e-6)
    for well, row in zip(traces.cells["well"], traces.f, strict=True):
        np.testing.assert_allclose(row, courses[well], atol=1e-6)
