from dataclasses import replace

import numpy as np

from s1r_imaging.io.recording import read_recording
from s1r_imaging.io.sources import pixel_size_source, time_source
from s1r_imaging.recording import Recording
from tests.io.conftest import Save, Stack, ome


def test_words(save: Save, stack: Stack) -> None:
    path = ome(save, stack, TimeIncrement=0.5, PhysicalSizeX=0.65, PhysicalSizeY=0.65)
    recording = read_recording(path)
    assert (time_source(recording), pixel_size_source(recording)) == ("the file (OME TimeIncrement)", "the file")
    given = read_recording(path, frame_interval_s=1.0, pixel_size_um=1.3)
    assert (time_source(given), pixel_size_source(given)) == ("frame_interval_s given", "pixel_size_um given")
    assert time_source(read_recording(path, time_s=np.arange(12.0))) == "time_s given"
    assert pixel_size_source(replace(recording, pixel_size_um=None)) == "not known"
    made = Recording(stack, time_s=np.arange(12.0), pixel_size_um=1.0)
    assert (time_source(made), pixel_size_source(made)) == ("given with the recording",) * 2
