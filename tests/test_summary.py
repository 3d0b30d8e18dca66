import numpy as np
import pytest

from s1r_imaging.analysis import analyze_recording
from s1r_imaging.summary import summary_lines


@pytest.mark.parametrize(
    ("value", "words"), [(np.nan, "finite"), (4095.0, "4095"), (0.0, "dark")], ids=["NaN", "saturated", "dark"]
)
def test_a_recording_without_cells_says_why(value: float, words: str) -> None:
    result = analyze_recording(np.full((20, 16, 16), value, dtype=np.float32), frame_interval_s=1.0)
    assert words in summary_lines(result)[-1]


def test_noise_without_cells_says_what_to_do() -> None:
    noise = np.random.default_rng(0).poisson(100, (20, 32, 32)).astype(np.uint16)
    labels = np.zeros((32, 32), dtype=np.int32)
    result = analyze_recording(noise, frame_interval_s=1.0, labels=labels)
    assert "--labels" in summary_lines(result)[-1]
