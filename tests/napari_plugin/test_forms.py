"""Forms hold exactly what the options hold."""

import dataclasses
import importlib
import math
import pkgutil
import types
import typing
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QToolButton

import s1r_imaging
from napari_plugin.forms import OptionsForm
from napari_plugin.wording import option_label
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.imaging.segment import SegmentationOptions
from s1r_imaging.io.recording import RecordingOptions
from s1r_imaging.options import Options, option


def all_options() -> list[type[Options]]:
    for module in pkgutil.walk_packages(s1r_imaging.__path__, "s1r_imaging."):
        importlib.import_module(module.name)
    found = list(Options.__subclasses__())
    for cls in found:
        found.extend(cls.__subclasses__())
    return [cls for cls in found if cls.__module__.startswith("s1r_imaging")]


ALL = all_options()


@dataclasses.dataclass(frozen=True, kw_only=True)
class EveryKind(Options):
    section: ClassVar[str] = "every_kind"

    yes: bool = option(True, "Yes or no is the question.")
    word: Literal["a_b", "c"] = option("a_b", "One of two words.")
    level: Literal["dark", "bright"] | float = option("dark", "A word or a number.", ge=0)
    mark: Literal[".", ","] | None = option(None, "One of two marks.")
    count: int = option(3, "Whole numbers only.", ge=1, lt=9)
    size_um: float | None = option(None, "A size, or none.", gt=0)
    channel: int | str | None = option(None, "Number or name.")
    note: str = option("", "Any text at all.")


def values(hint: Any, bounds: Any) -> st.SearchStrategy[Any]:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    kinds = typing.get_args(hint) if is_union else (hint,)
    return st.one_of([value(kind, bounds) for kind in kinds])


def value(kind: Any, bounds: Any) -> st.SearchStrategy[Any]:
    if kind in (types.NoneType, bool):
        return st.none() if kind is types.NoneType else st.booleans()
    if typing.get_origin(kind) is Literal:
        return st.sampled_from(typing.get_args(kind))
    if kind is str:
        return st.text()
    low, high = bounds.get("gt", bounds.get("ge")), bounds.get("lt", bounds.get("le"))
    if kind is int:
        least = None if low is None else math.floor(low) + ("gt" in bounds)
        most = None if high is None or math.isinf(high) else math.ceil(high) - ("lt" in bounds)
        return st.integers(least, most)
    return st.floats(low, high, allow_nan=False, exclude_min="gt" in bounds, exclude_max="lt" in bounds)


def options_of(cls: type[Options]) -> st.SearchStrategy[Options]:
    hints = typing.get_type_hints(cls)
    return st.builds(
        cls, **{item.name: values(hints[item.name], item.metadata) for item in dataclasses.fields(cls)}
    )


def same(mine: Any, theirs: Any) -> bool:
    pairs = [(getattr(mine, item.name), getattr(theirs, item.name)) for item in dataclasses.fields(mine)]
    return all(one == other and type(one) is type(other) for one, other in pairs)


def type_into(qtbot: Any, form: OptionsForm, name: str, text: str) -> None:
    entry = form.editor(name)
    assert isinstance(entry, QLineEdit)
    entry.selectAll()
    qtbot.keyClick(entry, Qt.Key.Key_Backspace)
    qtbot.keyClicks(entry, text)


@pytest.fixture
def form(qtbot: Any) -> OptionsForm:
    widget = OptionsForm(SegmentationOptions)
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.mark.parametrize("cls", [*ALL, EveryKind], ids=lambda cls: cls.section)
def test_a_fresh_form_holds_the_defaults(qtbot: Any, cls: type[Options]) -> None:
    form = OptionsForm(cls)
    qtbot.addWidget(form)
    assert same(form.value(), cls())
    for item in dataclasses.fields(cls):
        form._rows[item.name].read()
    assert form.errors == {}
    assert form.minimumSizeHint().width() <= 330


@pytest.mark.parametrize("cls", [*ALL, EveryKind], ids=lambda cls: cls.section)
def test_a_form_gives_back_what_it_was_given(qtbot: Any, cls: type[Options]) -> None:
    form = OptionsForm(cls)
    qtbot.addWidget(form)

    @given(options=options_of(cls))
    def back_and_forth(options: Options) -> None:
        form.set_value(options)
        assert same(form.value(), options)
        form._edited()  # read every widget
        assert form.errors == {}
        assert same(form.value(), options)

    back_and_forth()
    form._pause.stop()


def test_what_is_typed_is_taken_after_a_pause(qtbot: Any, form: OptionsForm) -> None:
    with qtbot.waitSignal(form.changed, timeout=2000):
        type_into(qtbot, form, "diameter_um", "12.5")
        assert form.value().diameter_um == 12.5  # at once, for who asks
    with qtbot.waitSignal(form.changed, timeout=2000):
        type_into(qtbot, form, "diameter_um", "")
    assert form.value() == SegmentationOptions()
    with qtbot.assertNotEmitted(form.changed, wait=400):
        type_into(qtbot, form, "min_score", "0.4")  # the same number


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("-3", "Diameter (µm)=-3.0: expected more than 0."),
        ("wide", "wide: expected a number, such as 0.5."),
        ("1,500", "1,500: expected a number, such as 0.5."),
        ("1,5 µm", "1,5 µm: expected a number, such as 0.5."),
        ("nan", "Diameter (µm)=nan: expected a number or nothing."),
    ],
)
def test_what_is_not_allowed_is_named_and_not_taken(
    qtbot: Any, form: OptionsForm, text: str, sentence: str
) -> None:
    form.set_value(SegmentationOptions(diameter_um=20.0))
    said = form.findChild(QLabel, "diameter_um_error")
    assert isinstance(said, QLabel)
    assert not said.isVisible()
    entry = form.editor("diameter_um")
    assert isinstance(entry, QLineEdit)
    with qtbot.assertNotEmitted(form.changed, wait=400):
        entry.setText(text)
        entry.textEdited.emit(text)
    assert form.value().diameter_um == 20.0
    assert said.isVisible()
    assert said.text() == sentence
    type_into(qtbot, form, "diameter_um", "15")
    assert not said.isVisible()
    assert form.value().diameter_um == 15.0


@pytest.mark.parametrize(("text", "value"), [("1,5", 1.5), ("0,125", 0.125), ("1.5", 1.5)])
def test_a_decimal_comma_is_understood(qtbot: Any, form: OptionsForm, text: str, value: float) -> None:
    type_into(qtbot, form, "diameter_um", text)
    assert form.value().diameter_um == value


def test_flush_says_at_once(qtbot: Any, form: OptionsForm) -> None:
    with qtbot.waitSignal(form.changed, timeout=100):
        type_into(qtbot, form, "min_score", "0.5")
        form.flush()
    with qtbot.assertNotEmitted(form.changed, wait=400):
        form.flush()


def test_values_set_by_the_program_are_not_told(qtbot: Any, form: OptionsForm) -> None:
    with qtbot.assertNotEmitted(form.changed, wait=400):
        form.set_value(SegmentationOptions(method="mean", min_score=0.1))


def test_reset(qtbot: Any, form: OptionsForm) -> None:
    form.set_value(SegmentationOptions(min_score=0.1))
    with qtbot.waitSignal(form.changed):
        form.reset()
    assert form.value() == SegmentationOptions()
    with qtbot.assertNotEmitted(form.changed, wait=400):
        form.reset()


def test_only_some_options(qtbot: Any) -> None:
    form = OptionsForm(DffOptions, only=("f0", "bleaching"))
    qtbot.addWidget(form)
    form.set_value(DffOptions(f0="maximin", f0_window_s=20.0))
    assert form.findChild(QLineEdit, "f0_window_s") is None
    assert form.value() == DffOptions(f0="maximin", f0_window_s=20.0)
    form.reset()
    assert form.value() == DffOptions(f0_window_s=20.0)


def test_rare_options_wait_behind_a_button(qtbot: Any, form: OptionsForm) -> None:
    more = form.findChild(QToolButton, "more_options")
    assert isinstance(more, QToolButton)
    assert form.editor("method").isVisible()
    assert not form.editor("diameter_px").isVisible()
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert form.editor("diameter_px").isVisible()


def test_a_word_or_a_number(qtbot: Any) -> None:
    form = OptionsForm(TraceOptions)
    qtbot.addWidget(form)
    form.show()
    choice, number = form.findChild(QComboBox, "choice"), form.findChild(QLineEdit, "number")
    assert isinstance(choice, QComboBox)
    assert isinstance(number, QLineEdit)
    assert not number.isVisible()
    choice.setCurrentIndex(choice.count() - 1)
    assert form.errors == {"background": "nothing: expected a number, such as 0.5."}
    qtbot.keyClicks(number, "104.5")
    assert form.errors == {}
    assert form.value() == TraceOptions(background=104.5)
    choice.setCurrentIndex(choice.findData("ring"))
    assert form.value() == TraceOptions(background="ring")


def test_the_wheel_changes_nothing_on_its_way(qtbot: Any, form: OptionsForm) -> None:
    choice = form.editor("method")
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(choice, wheel)
    assert form.value() == SegmentationOptions()


def test_every_field_has_help(qtbot: Any) -> None:
    form = OptionsForm(EveryKind)
    qtbot.addWidget(form)
    assert form.editor("count").toolTip() == "Whole numbers only. (at least 1 and less than 9)"
    tick = form.editor("yes")
    assert isinstance(tick, QCheckBox)
    assert tick.accessibleName() == "Yes"


def test_options_that_do_not_go_together(qtbot: Any) -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Pair(Options):
        low: float = option(1.0, "The lower of the two.")
        high: float = option(2.0, "The higher of the two.")

        def __post_init__(self) -> None:
            super().__post_init__()
            if self.low >= self.high:
                raise ValueError("low is not below high.")

    form = OptionsForm(Pair)
    qtbot.addWidget(form)
    type_into(qtbot, form, "low", "5")
    assert form.value() == Pair()
    assert list(form.errors.values()) == ["low is not below high."]
    type_into(qtbot, form, "high", "7")
    assert form.value() == Pair(low=5.0, high=7.0)
    assert form.errors == {}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("diameter_um", "Diameter (µm)"),
        ("f0_start_s", "F0 start (s)"),
        ("background_gap_px", "Background gap (pixels)"),
        ("n_permutations", "Number of permutations"),
        ("kd_nM", "Kd (nM)"),
        ("specific_activity_Ci_mmol", "Specific activity (Ci/mmol)"),
        ("min_z_prime", "Min Z′"),
        ("k_on_se_per_M_min", "k‑on SE (L/mol/min)"),
        ("min_amplitude_dff", "Min amplitude (ΔF/F0)"),
        ("counting_time_min", "Counting time (min)"),
        ("channel", "Channel"),
    ],
)
def test_names_are_words(name: str, label: str) -> None:
    assert option_label(name) == label


def test_channels_by_number_or_by_name(qtbot: Any) -> None:
    form = OptionsForm(RecordingOptions, common=("channel",))
    qtbot.addWidget(form)
    type_into(qtbot, form, "channel", "1")
    assert form.value().channel == 1
    type_into(qtbot, form, "channel", "Fluo-4")
    assert form.value().channel == "Fluo-4"
    type_into(qtbot, form, "channel", '"1"')
    assert form.value().channel == "1"
