"""Which plate and signal of a file is meant, ratios of two wavelengths, and their background from blank wells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.io.softmax import REDUCED
from s1r_imaging.io.well_reads import WellReads


@dataclass(frozen=True, eq=False)
class PlateSignal:
    """The signal of a plate that becomes fluorescence.

    Attributes
    ----------
    reads : WellReads
        Wells, times and values; blank wells are left out.
    background : array, shape (n_wells, T)
        What the blank wells read at the same time; zeros without them, and where it is subtracted already.
    """

    reads: WellReads
    background: NDArray[np.float64]


def choose_plate(reads: Sequence[WellReads], plate: str | None) -> list[WellReads]:
    """Return the signals of one plate.

    Parameters
    ----------
    reads : sequence of WellReads
        All signals of a file.
    plate : str, optional
        Name of the plate; not needed where the file has one.

    Returns
    -------
    list of WellReads
        Signals of that plate.

    Raises
    ------
    ValueError
        If the file has several plates and none is named, or has no plate of that name.
    """
    names = list(dict.fromkeys(item.plate for item in reads))
    listed = ", ".join(map(repr, names))
    if plate is None and len(names) > 1:
        raise ValueError(f"holds {len(names)} plates ({listed}): say which with plate=.")
    if plate is not None and plate not in names:
        raise ValueError(f"has no plate={plate!r}: expected one of {listed}.")
    return [item for item in reads if plate is None or item.plate == plate]


def choose_signal(reads: Sequence[WellReads], signal: str | None, background_wells: Sequence[str]) -> PlateSignal:
    """Return one signal of a plate, or the ratio of two.

    Parameters
    ----------
    reads : sequence of WellReads
        Signals of one plate.
    signal : str, optional
        Name or number of a signal; ``"340/380"`` for a ratio; ``"ratio"`` for the first by the second. The only
        signal, or the ratio where there are two, when not given.
    background_wells : sequence of str
        Wells without cells.

    Returns
    -------
    PlateSignal
        Values and background.

    Raises
    ------
    ValueError
        If there is no such signal, it is not clear which is meant, or background cannot be subtracted.
    """
    names = _wanted(reads, signal)
    chosen = [_named(reads, name) for name in names]
    blanks = list(dict.fromkeys(background_wells))
    if len(chosen) == 1:
        if blanks and chosen[0].signal == REDUCED:
            raise ValueError(
                "holds a ratio only, from which no background can be subtracted: export the raw wavelengths, or "
                "leave background_wells out."
            )
        return _without(chosen[0], _background(chosen[0], blanks), blanks)
    above, below = (replace(item, f=item.f - _background(item, blanks)) for item in chosen)
    ratio = _ratio(above, below)
    return _without(ratio, np.zeros(ratio.f.shape), blanks)


def _wanted(reads: Sequence[WellReads], signal: str | None) -> tuple[str, ...]:
    names = [item.signal for item in reads]
    raw = [name for name in names if name != REDUCED]
    if signal is not None and signal in names:
        return (signal,)
    if signal is None or signal.strip().casefold() == "ratio":
        if len(raw) == 2 and (signal is not None or all(re.search(r"\d{3}", name) for name in raw)):
            return (raw[0], raw[1])  # two columns that are no wavelengths may be anything
        if len(names) == 1 and (signal is None or REDUCED in names):
            return (names[0],)
        if signal is not None and REDUCED in names:
            return (REDUCED,)
        raise ValueError(
            f"holds the signals {_listed(names)}: say which with signal=, such as signal={names[0]!r}."
        )
    parts = tuple(part.strip() for part in signal.split("/"))
    if len(parts) > 2:
        raise ValueError(f"cannot give signal={signal!r}: expected a signal or a ratio of two, such as '340/380'.")
    return parts


def _named(reads: Sequence[WellReads], name: str) -> WellReads:
    found = [item for item in reads if item.signal.casefold() == name.casefold()]
    if len(found) > 1:
        raise ValueError(f"has {len(found)} signals {name!r}: give their numbers, such as signal='1'.")
    if not found and name.isdecimal() and 1 <= int(name) <= len(reads):
        found = [reads[int(name) - 1]]
    if not found:
        raise ValueError(f"has no signal {name!r}: expected one of {_listed([item.signal for item in reads])}.")
    return found[0]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name or str(number)) for number, name in enumerate(names, start=1))


def _background(reads: WellReads, blanks: Sequence[str]) -> NDArray[np.float64]:
    """Return the mean of the blank wells, read by read."""
    if not blanks:
        return np.zeros(reads.f.shape)
    missing = [well for well in blanks if well not in reads.wells]
    if missing:
        raise ValueError(f"has no well {missing[0]} that background_wells names.")
    values = reads.f[[reads.wells.index(well) for well in blanks]]
    known = np.isfinite(values)
    if not known.any():
        raise ValueError(f"has no values in the background_wells {', '.join(blanks)}.")
    sums, counts = np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0)
    level = np.full(values.shape[1], np.nan)
    np.divide(sums, counts, out=level, where=counts > 0)
    return np.broadcast_to(level, reads.f.shape)


def _ratio(above: WellReads, below: WellReads) -> WellReads:
    """Divide the wells that both have, read by read."""
    wells = tuple(well for well in above.wells if well in below.wells)
    n_reads = min(above.f.shape[1], below.f.shape[1])
    one, two = ([item.wells.index(well) for well in wells] for item in (above, below))
    upper, lower = above.f[one, :n_reads], below.f[two, :n_reads]
    ratio = np.full(upper.shape, np.nan)
    np.divide(upper, lower, out=ratio, where=np.isfinite(upper) & (lower > 0))
    return WellReads(
        plate=above.plate,
        signal=f"{above.signal}/{below.signal}",
        wells=wells,
        time_s=(above.time_s[one, :n_reads] + below.time_s[two, :n_reads]) / 2,
        f=ratio,
        overflow=above.overflow[one, :n_reads] | below.overflow[two, :n_reads],
    )


def _without(reads: WellReads, background: NDArray[np.float64], blanks: Sequence[str]) -> PlateSignal:
    kept = [place for place, well in enumerate(reads.wells) if well not in blanks]
    part = replace(
        reads,
        wells=tuple(reads.wells[place] for place in kept),
        time_s=reads.time_s[kept],
        f=reads.f[kept],
        overflow=reads.overflow[kept],
    )
    return PlateSignal(part, background[kept])
