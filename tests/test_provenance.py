import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from s1r_imaging.errors import CancelledWorkError
from s1r_imaging.provenance import Step, digest_array, digest_files, package_version, versions

arrays = hnp.arrays(
    dtype=st.sampled_from([np.uint8, np.int32, np.float32, np.float64]),
    shape=hnp.array_shapes(max_dims=3, max_side=5),
)


@given(arrays)
def test_digest_does_not_depend_on_memory_layout(values: NDArray[np.generic]) -> None:
    padded = np.repeat(values, 2, axis=0)[::2]
    swapped = values.astype(values.dtype.newbyteorder())
    digest = digest_array(values)
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    assert digest == digest_array(np.asfortranarray(values)) == digest_array(padded) == digest_array(swapped)


@given(arrays)
def test_digest_depends_on_shape_and_type(values: NDArray[np.generic]) -> None:
    assert digest_array(values) != digest_array(values[None])
    assert digest_array(values) != digest_array(values.astype(np.complex128))


def test_digest_depends_on_every_value() -> None:
    values = np.zeros((4, 5), dtype=np.uint16)
    changed = values.copy()
    changed[3, 4] = 1
    assert digest_array(values) != digest_array(changed)


def test_digest_leaves_read_only_arrays_alone() -> None:
    values = np.arange(3.0)
    values.setflags(write=False)
    assert digest_array(values) == digest_array([0.0, 1.0, 2.0])


def test_digest_of_one_file_is_what_sha256sum_prints(tmp_path: Path) -> None:
    content = bytes(range(256)) * 100_000  # more than one piece
    (tmp_path / "a.bin").write_bytes(content)
    assert digest_files([tmp_path / "a.bin"]) == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_digest_of_files_depends_on_their_order_and_borders(tmp_path: Path) -> None:
    for name, content in {"a": b"12", "b": b"3", "c": b"1", "d": b"23"}.items():
        (tmp_path / name).write_bytes(content)
    a, b, c, d = (tmp_path / name for name in "abcd")
    assert digest_files([a, b]) != digest_files([b, a])
    assert digest_files([a, b]) != digest_files([c, d])


def test_digest_of_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest_files([tmp_path / "nothing.tif"])


def test_versions_name_what_the_numbers_depend_on() -> None:
    found = versions()
    assert found["s1r-imaging"] == package_version()
    assert {"python", "numpy", "scipy", "pandas", "scikit-image", "tifffile"} <= set(found)
    assert found["numpy"] == np.__version__


def test_a_step_knows_which_version_took_it() -> None:
    step = Step(name="compute_dff", options={"f0": "prestimulus"})
    assert step.version == package_version()
    assert step.input_digest is None


def test_the_digest_of_a_large_file_can_be_cancelled(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(40 << 20))
    told: list[float] = []

    def cancel(_: str, done: int, total: int, /) -> None:
        told.append(done / total)
        if len(told) == 2:
            raise CancelledWorkError

    with pytest.raises(CancelledWorkError):
        digest_files([tmp_path / "a.bin"], progress=cancel)
    assert told == [0.4, 0.8]
