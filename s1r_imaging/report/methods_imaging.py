"""What a Methods section says of one recording's road, from pixels to responses: a sentence or two per stage.

Every function takes the options of its stage as plain values (``Options.to_dict()``, where what is not given is
absent) and returns text with marks of citations, see `references`.
"""

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]

_STATISTICS = {
    "clipped_mean": "mean, without frames more than 2.5 robust standard deviations from the median,",
    "mean": "mean",
    "median": "median",
}
_EXPONENTIALS = {"mono_exponential": "one exponential", "bi_exponential": "the sum of up to two exponentials"}


def motion_text(options: Values | None) -> str:
    """Say how motion was corrected; nothing where it was not.

    >>> motion_text(None)
    ''
    """
    if options is None:
        return ""
    return (
        "Frames were registered to the mean of up to "
        f"{options['motion_template_frames']} frames before the stimulus by rigid translation, from the maximum "
        f"of the cross-correlation upsampled to 1/{options['motion_upsampling']} pixel [@guizar2008]; cells were "
        f"marked where the field jumped by more than {plain(options['motion_jump_px'])} pixels between frames."
    )


def cells_text(options: Values, *, given: int, found: int) -> str:
    """Say where the outlines of cells came from.

    Parameters
    ----------
    options : mapping
        Of the segmentation.
    given, found : int
        Number of recordings whose outlines were given, and whose were found.

    Returns
    -------
    str
        Nothing where there is no recording.
    """
    if not given + found:
        return ""
    if not found:
        return "Outlines of cells were provided for every recording."
    by_what = {
        "activity": "by a hierarchical merging of image patches according to their shared activity and the edges "
        "between them, with components of the activity told from noise by random-matrix theory [@marchenko1967]",
        "mean": "in the mean image alone, by a hierarchical merging of image patches according to the edges "
        "between them",
    }[options["method"]]
    size = "a typical diameter estimated from each recording"
    for unit, label in (("um", "µm"), ("px", "pixels")):
        if f"diameter_{unit}" in options:
            size = f"a typical diameter of {plain(options[f'diameter_{unit}'])} {label}"
    text = (
        f"Cells were outlined automatically {by_what}, assuming {size}; regions with a score below "
        f"{plain(options['min_score'])} were discarded."
    )
    return text + (f" In {given} of {given + found} recordings the outlines were provided." if given else "")


def background_text(options: Values) -> str:
    """Say what was subtracted from the mean fluorescence of a cell."""
    background = options["background"]
    start = "The fluorescence F of a cell was the mean of its pixels in each frame"
    if background == "none":
        return f"{start}; no background was subtracted."
    start += ", less the background before any ratio was formed: "
    if not isinstance(background, str):
        return f"{start}a constant of {plain(background)} counts."
    where = {
        "percentile": f"the mean of the darkest cell-free pixels near the cell (below the "
        f"{ordinal(options['background_percentile'])} percentile of their average over time)",
        "ring": "the mean of cell-free pixels in a ring around the cell",
        "region": "the mean of a cell-free region",
    }[background]
    return f"{start}{where}{_gap(options)}, averaged within the same frame."


def _gap(options: Values) -> str:
    for unit, label in (("um", "µm"), ("px", "pixels")):
        if f"background_gap_{unit}" in options:
            return f", at least {plain(options[f'background_gap_{unit}'])} {label} from any cell"
    return ", at least an eighth of the median cell diameter from any cell"


def plate_text(options: Values) -> str:
    """Say what was read from the files of a plate reader."""
    signal = f" ({options['signal']})" if "signal" in options else ""
    return f"Fluorescence over time{signal} was read from the plate reader's files, one trace a well."


def bleaching_text(options: Values) -> str:
    """Say how bleaching was corrected, or that it was not."""
    method = options["bleaching"]
    if method == "none":
        return "Bleaching was not corrected."
    if method == "reference":
        return (
            "Traces were divided by the relative loss of fluorescence measured in untreated recordings under the "
            "same illumination, to correct for bleaching."
        )
    return (
        f"Bleaching was corrected by dividing by {_EXPONENTIALS[method]}, fitted by a robust (soft-L1) loss to "
        "the frames before the stimulus, pooled over the cells of a recording; frames of the response took no "
        "part."
    )


def f0_text(options: Values, *, has_events: bool) -> str:
    """Say what F0 was and where ΔF/F0 was not computed.

    Parameters
    ----------
    options : mapping
        Of ΔF/F0.
    has_events : bool
        Whether the stimulus is known, which settles what ``auto`` means.

    Returns
    -------
    str
        Two sentences.
    """
    method = options["f0"]
    if method == "auto":
        method = "prestimulus" if has_events or "f0_end_s" in options else "resting_mode"
    window = plain(options["f0_window_s"])
    level = _STATISTICS[options["f0_statistic"]]
    f0 = {
        "prestimulus": f"the {level} of the frames {_baseline(options)}",
        "first_frames": f"the {level} of the first {options['f0_frames']} frames",
        "first_seconds": f"the {level} of the first {plain(options['f0_seconds'])} s",
        "resting_mode": "the most frequented low level of the whole trace "
        f"(above its {ordinal(options['f0_percentile'])} percentile)",
        "percentile": f"the {ordinal(options['f0_percentile'])} percentile of the whole trace",
        "running_percentile": f"the running {ordinal(options['f0_percentile'])} percentile in a window of "
        f"{window} s",
        "maximin": f"the running maximum of the running minimum in a window of {window} s, after smoothing with a "
        f"Gaussian of {plain(options['f0_smoothing_s'])} s SD",
    }[method]
    sign = "ΔF/F0 = (F − F0)/F0"
    if options["response_sign"] == "negative":
        sign = "The response is −ΔF/F0 = (F0 − F)/F0, because the dye darkens when calcium rises,"
    factor = plain(options["f0_noise_factor"])
    return (
        f"{sign} was computed with F0 as {f0}. It was left undefined, and the cell marked, where F0 did not "
        f"exceed {factor} times its standard error."
    )


def _baseline(options: Values) -> str:
    start, end = options.get("f0_start_s"), options.get("f0_end_s")
    until = "the first addition" if end is None else f"{plain(end)} s"
    return f"before {until}" if start is None else f"from {plain(start)} s to {until}"


def responder_text(options: Values) -> str:
    """Say when a cell was called a responder, and at which rate of false calls."""
    rate = 100 * options["false_responder_rate"]
    if "min_duration_s" in options:
        duration = f"for at least {plain(options['min_duration_s'])} s"
    else:
        duration = "for at least two consecutive frames"
    window = ""
    if "response_window_s" in options:
        window = f" within {plain(options['response_window_s'])} s of the addition"
    base = "before the addition"
    if "baseline_window_s" in options:
        base = f"in the {plain(options['baseline_window_s'])} s before the addition"
    return (
        f"A cell was called a responder when its ΔF/F0{window} stayed {duration} above a threshold over the mean "
        f"{base}, and by at least {plain(options['min_amplitude_dff'])}. The threshold is that which "
        f"{plain(rate)} % of cells without a response exceed: the quantile of the same statistic over simulated "
        "autoregressive noise with the autocorrelation [@gourieroux1993] and the standard deviation [@croux1992] "
        "of the baselines. "
        "Transients were fitted to all cells of a recording together by a nonlinear mixed-effects "
        "model [@lindstrom1990]; the peak of a cell that did not respond is its mean over the time of the others' "
        "responses."
    )


def plain(value: float) -> str:
    """Write a number as a person would.

    >>> plain(2.0), plain(0.05)
    ('2', '0.05')
    """
    return f"{value:g}"


def ordinal(value: float) -> str:
    """Write a rank.

    >>> ordinal(10.0), ordinal(3), ordinal(12.5), ordinal(21)
    ('10th', '3rd', '12.5th', '21st')
    """
    last = {1: "st", 2: "nd", 3: "rd"}.get(int(value) % 10, "th") if value == int(value) else "th"
    return f"{value:g}{'th' if 10 < value % 100 < 14 else last}"
