"""Each recording: its cells, a few numbers, what failed, and what is to be doubted."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from s1r_imaging.flags import FLAG_MEANING, CellFlag, flag_names
from s1r_imaging.report.markup import Html, bullets, data_uri, element, fold, join, name
from s1r_imaging.report.numbers import is_known, number
from s1r_imaging.report.tables import head, numeric, short_words, table, words

_PNG = b"\x89PNG"
_MOST_ROWS = 24
_WITHOUT_PICTURE = (
    head("recording", "Recording"),
    short_words("condition", "Condition"),
    short_words("replicate", "Replicate"),
    numeric("n_frames", "Frames"),
    numeric("n_cells", "Cells"),
    numeric("n_responders", "Responders"),
    numeric("peak_dff", "Mean peak ΔF/F0"),
    words("flagged", "Flags"),
    words("message", "Note"),
)


def recording_cards(recordings: pd.DataFrame, design: pd.DataFrame, pictures: Mapping[str, bytes]) -> Html:
    """Return a card for each recording that was analysed, condition by condition.

    Parameters
    ----------
    recordings : DataFrame
        One row per recording: ``recording, status``, and what is known of it.
    design : DataFrame
        Says the condition and the replicate of each recording.
    pictures : mapping
        Recording to the picture of its cells.

    Returns
    -------
    Html
        Cards under the heading of their condition.
    """
    done = recordings[recordings["status"] != "failed"] if len(recordings) else recordings
    if done.empty:
        return element("p", "No recording was analysed.", class_="note")
    place = design.drop_duplicates("recording").set_index("recording")[["condition", "replicate"]]
    done = done.join(place, on="recording")
    has_picture = done["recording"].isin(list(pictures))
    parts = [
        join(
            element("h3", name(condition)),
            element("div", *(_card(row, pictures[row["recording"]]) for row in rows), class_="cards"),
        )
        for condition, rows in _by_condition(done[has_picture])
    ]
    without = done[~has_picture]
    if len(without):
        made = table(without, _WITHOUT_PICTURE, caption="Recordings without a picture, such as wells.")
        parts.append(fold(made, len(without), "Recordings without a picture", most=_MOST_ROWS))
    return join(*parts)


def _by_condition(rows: pd.DataFrame) -> list[tuple[str, list[dict[Any, Any]]]]:
    return [(str(condition), own.to_dict("records")) for condition, own in rows.groupby("condition", sort=False)]


def _card(row: dict[Any, Any], picture: bytes) -> Html:
    title = row["recording"]
    facts: list[tuple[str, object]] = [("Replicate", name(row["replicate"]))]
    facts += [("Frames", number(row.get("n_frames"))), ("Cells", number(row.get("n_cells")))]
    if is_known(row.get("n_responders")):
        facts.append(("Responders", _responders(row)))
    if is_known(row.get("peak_dff")):
        facts.append(("Mean peak ΔF/F0", number(row["peak_dff"])))
    if is_known(row.get("flagged")) and row["flagged"]:
        facts.append(("Flags", str(row["flagged"]).replace("_", " ")))
    if is_known(row.get("message")) and row["message"]:
        facts.append(("Note", row["message"]))
    numbers = element("dl", *(join(element("dt", what), element("dd", value)) for what, value in facts))
    return element("article", element("h4", name(title)), _picture(title, row, picture), numbers, class_="card")


def _picture(title: object, row: dict[Any, Any], picture: bytes) -> Html:
    kind = "png" if picture.startswith(_PNG) else "jpeg"
    alt = f"Cells of {title}, outlined on the mean image ({number(row.get('n_cells'))} cells)"
    return element("img", src=data_uri(picture, kind), alt=alt)


def _responders(row: dict[Any, Any]) -> str:
    n, n_cells = int(row["n_responders"]), row.get("n_cells")
    if not is_known(n_cells) or not n_cells:
        return str(n)
    return f"{n} ({number(100 * n / n_cells, digits=2)} %)"


def failures(recordings: pd.DataFrame) -> Html:
    """Return the recordings that failed, each with the reason."""
    failed = recordings[recordings["status"] == "failed"] if len(recordings) else recordings
    if failed.empty:
        return element("p", "None: every recording of the design was analysed.", class_="note")
    return bullets(
        join(element("strong", name(row["recording"])), ": ", row.get("message") or "no reason was given.")
        for row in failed.to_dict("records")
    )


def quality(responses: pd.DataFrame) -> Html:
    """Return how many cells of each recording are flagged, and what the flags mean.

    Parameters
    ----------
    responses : DataFrame
        ``recording, label, flags``; a cell with several events counts once.

    Returns
    -------
    Html
        Two tables; a sentence where no cell is flagged.
    """
    if responses.empty or "flags" not in responses:
        return element("p", "There are no cells whose quality could be judged.", class_="note")
    cells = responses.groupby(["recording", "label"], sort=False)["flags"].agg(_union)
    counts = {
        recording: Counter(flag for flags in found for flag in CellFlag if flags & flag)
        for recording, found in cells.groupby(level="recording", sort=False)
    }
    total: Counter[CellFlag] = sum(counts.values(), start=Counter())
    if not total:
        return element("p", "No cell was flagged.", class_="note")
    of_recordings = pd.DataFrame(
        {
            "recording": list(counts),
            "n_cells": [len(found) for _, found in cells.groupby(level="recording", sort=False)],
            "n_flagged": [int((found != 0).sum()) for _, found in cells.groupby(level="recording", sort=False)],
            "flags": [
                ", ".join(f"{_flag_word(flag)} {n}" for flag, n in found.most_common())
                for found in counts.values()
            ],
        }
    )
    legend = pd.DataFrame(
        [(_flag_word(flag), n, FLAG_MEANING[flag]) for flag, n in total.most_common()],
        columns=["flag", "n_cells", "meaning"],
    )
    return join(
        table(
            legend,
            [head("flag", "Flag"), numeric("n_cells", "Cells"), words("meaning", "What it means")],
            caption="Flags of this experiment and what they mean.",
        ),
        table(
            of_recordings,
            [
                head("recording", "Recording"), numeric("n_cells", "Cells"), numeric("n_flagged", "Flagged"),
                words("flags", "Flags and number of cells"),
            ],
            caption="Flagged cells of each recording.",
        ),
    )  # fmt: skip


def _union(flags: "pd.Series[int]") -> int:
    union = 0
    for value in flags:
        union |= int(value)
    return union


def _flag_word(flag: CellFlag) -> str:
    return flag_names(flag).replace("_", " ")
