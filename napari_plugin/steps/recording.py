"""The first step: which recording, what is known of it, what was added when, and motion."""

import weakref
from collections.abc import Generator, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.editors import Choice
from napari_plugin.event_table import EventTable
from napari_plugin.forms import OptionsForm
from napari_plugin.layer_choice import LayerChoice
from napari_plugin.layers import added_in_turns, recording_to_layer
from napari_plugin.look import Sentence
from napari_plugin.motion_panel import MotionPanel
from napari_plugin.opening import FromFile, FromLayer, Source, facts, kept_events, what_is_missing
from napari_plugin.plot.frames import current_time
from napari_plugin.session import Job
from napari_plugin.showing import RecordingWatch, show_as_recording
from napari_plugin.steps.parts import Facts, button, group
from s1r_imaging.errors import MissingOptionError
from s1r_imaging.io.recording import RecordingOptions
from s1r_imaging.recording import Event, Recording, check_events

NO_RECORDING = {"": "Open a file or a folder of frames, or use a layer that is open in napari."}


class RecordingStep(QWidget):
    """Open a recording or take a layer; events; motion.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("recording_step")
        self._context = context
        self._source: Source | None = None  # what the form speaks of: open, or waiting for what it does not say
        self._opened: tuple[Source | None, RecordingOptions] = (None, RecordingOptions())
        self._recording: Recording | None = None  # that was opened from there
        self._layer: Any = None  # that this step added: a weak reference
        use = button("use_layer", "Use layer", "Analyse this layer; it is only looked at", self.use_layer)
        self._layers = LayerChoice(context, use)
        self._form = OptionsForm(RecordingOptions)
        self._channels = Choice()
        self._missing = Sentence("missing", "What the file does not say")
        self._facts = Facts("recording_facts", "What is known of the recording, and where from")
        self._read = button(
            "read_again", "Read", "Open it with what is typed above; results start anew", self.read
        )
        self._events = EventTable(self._time, self._check_events)
        self._watch = RecordingWatch(context)
        self._build()
        self._connect()
        self._refresh("recording")

    def open_path(self, path: str | Path) -> None:
        """Open a file or a folder of frames."""
        self._context.settings.remember_folder(path)
        self._open(FromFile(Path(path)))

    def use_layer(self) -> None:
        """Take the chosen layer."""
        layer = self._layers.layer
        if layer is None:
            self._context.runner.say("There is no image layer: open a file here, or drop one on napari.")
        else:
            self._open(FromLayer(layer, self._layers.time_axis))

    def read(self) -> None:
        """Open the same file or layer with what is typed now."""
        source = self._source
        if isinstance(source, FromLayer) and self._layers.layer is source.layer:
            source = FromLayer(source.layer, self._layers.time_axis)
        if source is not None and not self._form.errors:
            self._start(source, self._form.value())

    def _build(self) -> None:
        self._channels.setObjectName("channel_choice")
        self._channels.setToolTip("Which channel of the file is read")
        self._channels.hide()
        files = QWidget()
        row = QHBoxLayout(files)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(button("open_file", "Open file…", "A TIFF, or a file of a microscope", self._ask_for_file))
        row.addWidget(
            button("open_folder", "Open folder…", "A folder with a file for each frame", self._ask_for_folder)
        )
        for item in fields(RecordingOptions):
            editor = self._form.editor(item.name)
            if isinstance(editor, QLineEdit):
                editor.setPlaceholderText("as it says itself")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(group("Open", files, self._layers))
        layout.addWidget(group("Recording", self._facts, self._missing, self._channels, self._form, self._read))
        layout.addWidget(group("What was added when", self._events))
        layout.addWidget(group("Motion", MotionPanel(self._context)))
        layout.addStretch()

    def _connect(self) -> None:
        session = self._context.session
        self._form.changed.connect(self._refresh_read)
        interval = self._form.editor("frame_interval_s")
        if isinstance(interval, QLineEdit):
            interval.returnPressed.connect(self.read)
        self._channels.activated.connect(lambda _: self._take_channel())
        self._events.changed.connect(lambda: session.set_events(self._events.events()))
        session.changed.connect(self._refresh)
        self._context.at_close(lambda: session.changed.disconnect(self._refresh, missing_ok=True))

    def _ask_for_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a recording", self._context.settings.folder)
        if path:
            self.open_path(path)

    def _ask_for_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Open a folder of frames", self._context.settings.folder)
        if path:
            self.open_path(path)

    def _open(self, source: Source) -> None:
        self._start(source, RecordingOptions())

    def _start(self, source: Source, typed: RecordingOptions) -> None:
        is_again = self._recording is not None and _same(source, self._opened[0])

        def compute(_: Any) -> Any:
            try:
                recording = source.read(typed)
            except MissingOptionError as error:
                return error
            return recording, recording_to_layer(recording) if isinstance(source, FromFile) else None

        def accept(answer: Any) -> Iterator[None]:
            if self._source is None or not _same(source, self._source):
                self._channels.hide()
            self._source = source
            self._form.set_value(typed)
            if isinstance(answer, MissingOptionError):
                self._ask(answer, source)
            else:
                yield from self._take(*answer, source=source, typed=typed, is_again=is_again)
            self._refresh_read()

        self._context.runner.start(Job(f"Opening {source.name}", compute, accept))

    def _take(
        self, recording: Recording, data: Any, *, source: Source, typed: RecordingOptions, is_again: bool
    ) -> Iterator[None]:
        if isinstance(source, FromLayer):
            self._context.recording_layer = source.layer
        else:
            layer = yield from self._show(data, is_again=is_again)
            show_as_recording(self._context, layer)
            yield
        events = kept_events(self._events.events(), recording)
        self._missing.say("")
        self._opened, self._recording = (source, typed), recording
        self._context.session.open(recording)
        if is_again:
            self._context.session.set_events(events)

    def _show(self, data: Any, *, is_again: bool) -> Generator[None, None, Any]:
        """Add a layer; in place of the one that this step added before, where the same file is read again."""
        layers = self._context.viewer.layers
        before = self._layer() if is_again and self._layer is not None else None
        layer = yield from added_in_turns(self._context.viewer, data)
        if before is not None and before in layers:
            layers.move(layers.index(layer), layers.index(before))
            layers.remove(before)
        self._layer = weakref.ref(layer)
        return layer

    def _ask(self, error: MissingOptionError, source: Source) -> None:
        """Ask for what the file does not say; what is open stays open until then."""
        self._missing.say(what_is_missing(error, source.name))
        if error.option == "channel":
            self._channels.clear()
            for number, name in enumerate(error.choices):
                self._channels.addItem(f"{number}: {name}" if name else f"channel {number}", number)
            self._channels.setCurrentIndex(-1)
            self._channels.show()
        else:
            self._form.reveal(error.option)

    def _take_channel(self) -> None:
        self._form.set_value(replace(self._form.value(), channel=self._channels.currentData()))
        self.read()

    def _check_events(self, events: Sequence[Event]) -> None:
        recording = self._context.session.opened
        if recording is None:
            raise ValueError("There is no recording yet: open one first, then say what was added when.")
        check_events(events, recording.time_s)

    def _time(self) -> float | None:
        recording = self._context.session.opened
        return None if recording is None else current_time(self._context, recording.time_s)

    def _refresh(self, what: str = "") -> None:
        if what not in ("recording", "events"):
            return
        recording = self._context.session.opened
        if what == "recording" and recording is not self._recording:  # it came with a session, or was closed
            self._source, self._recording = None, recording
            self._opened = (None, RecordingOptions())
            self._form.set_value(RecordingOptions())
            self._missing.say("")
            self._channels.hide()
        if recording is None or recording.events != self._events.events():
            self._events.set_events(() if recording is None else recording.events)
        self._facts.show_facts(NO_RECORDING if recording is None else facts(recording, *self._opened))
        self._events.setEnabled(recording is not None)
        self._refresh_read()

    def _refresh_read(self) -> None:
        """Offer to read again where something else is typed, or where something was missing."""
        typed = self._form.value()
        self._read.setEnabled(self._source is not None and (self._source, typed) != self._opened)


def _same(source: Source, other: Source | None) -> bool:
    if isinstance(source, FromLayer):
        return isinstance(other, FromLayer) and other.layer is source.layer
    return source == other
