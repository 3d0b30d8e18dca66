"""Which axis of a file runs over time, and which of its channels is read: the same rules for every format."""

from collections.abc import Mapping
from pathlib import Path

from s1r_imaging.errors import MissingOptionError, S1RImagingError

_AXIS_WORDS = {"T": "time", "Z": "z", "C": "channel", "Y": "height", "X": "width", "S": "colour"}


def check_axes(path: Path, sizes: Mapping[str, int], wanted: str, *, as_array: str) -> None:
    """Refuse files whose frames over time are not certain, and say what to pass.

    Parameters
    ----------
    path : Path
        The file, for the message.
    sizes : mapping
        Length of each axis that is longer than 1, and of height and width.
    wanted : {"T", "Z", "C"}
        The axis that is to run over time.
    as_array : str
        How to read a part of the file as an array, for the message.

    Raises
    ------
    S1RImagingError
        If there is no such axis, or another one beside the channels.
    """
    stacked = [axis for axis in sizes if axis not in "YX"]
    words = " × ".join(f"{sizes[axis]} {_AXIS_WORDS[axis]}" for axis in stacked)
    if not stacked:
        raise S1RImagingError(
            f"{path} holds a single frame: a recording needs at least 2; "
            "pass the folder, or a list, of single-frame files."
        )
    if wanted == "T" and "T" not in sizes:
        others = [axis.lower() for axis in stacked]
        hints = " or ".join(f"frames_axis='{axis}' (--frames-axis {axis})" for axis in others)
        raise MissingOptionError(
            f"{path} says that it has no time axis ({words}): if its {' or '.join(map(_word, others))} axis is "
            f"really time, pass {hints}.",
            option="frames_axis",
            choices=tuple(others),
        )
    if wanted not in sizes:
        raise S1RImagingError(
            f"{path} has no {_AXIS_WORDS[wanted]} axis ({words}): leave out frames_axis={wanted.lower()!r}."
        )
    extra = [axis for axis in stacked if axis not in (wanted, "C")]
    if extra == ["T"] and wanted == "C":
        raise S1RImagingError(f"{path} has a time axis ({words}): leave out frames_axis='c'.")
    if extra:
        raise S1RImagingError(
            f"{path} is a z-stack over time ({words}): choose or project one plane and pass it as an array of "
            f"(frames, height, width): {as_array}, or save it so in Fiji (Image > Stacks > Z Project)."
        )


def _word(axis: str) -> str:
    return _AXIS_WORDS[axis.upper()]


def choose_channel(path: Path, names: tuple[str, ...], channel: int | str | None) -> int:
    """Return the number of the channel that is asked for.

    Parameters
    ----------
    path : Path
        The file, for the message.
    names : tuple of str
        One name per channel; empty text where there is none.
    channel : int or str or None
        Number from 0, or name.

    Returns
    -------
    int
        Number from 0.

    Raises
    ------
    S1RImagingError
        If there are several channels and none is asked for.
    ValueError
        If there is no such channel.
    """
    listed = ", ".join(f"{number}: {name!r}" if name else str(number) for number, name in enumerate(names))
    if channel is None:
        if len(names) == 1:
            return 0
        raise MissingOptionError(
            f"{path} has {len(names)} channels ({listed}): pass channel= by number or name, "
            "e.g. channel=0 (--channel 0).",
            option="channel",
            choices=names,
        )
    if isinstance(channel, int) and 0 <= channel < len(names):
        return channel
    folded = [name.casefold() for name in names]
    if isinstance(channel, str) and folded.count(channel.casefold()) == 1:
        return folded.index(channel.casefold())
    if isinstance(channel, str) and channel.isdecimal() and int(channel) < len(names):
        return int(channel)  # a command line has only text
    raise ValueError(f"channel={channel!r}: {path} has {len(names)} channel(s) ({listed}); pass one of these.")
