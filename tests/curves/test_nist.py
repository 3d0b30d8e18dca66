"""Certified results of the Statistical Reference Datasets, from equations that are plain Python functions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.curves.equation import from_function
from s1r_imaging.curves.model import make_model
from s1r_imaging.curves.problem import minimise
from s1r_imaging.curves.search import Points, make_problem

Array = NDArray[Any]
pi = np.pi


def exponentials(x: Array, b1: float, b2: float, b3: float, b4: float, b5: float, b6: float) -> Array:  # noqa: PLR0917
    return b1 * np.exp(-b2 * x) + b3 * np.exp(-b4 * x) + b5 * np.exp(-b6 * x)


def peaks(  # noqa: PLR0917
    x: Array, b1: float, b2: float, b3: float, b4: float, b5: float, b6: float, b7: float, b8: float
) -> Array:
    return b1 * np.exp(-b2 * x) + b3 * np.exp(-((x - b4) ** 2) / b5**2) + b6 * np.exp(-((x - b7) ** 2) / b8**2)


def cubics(x: Array, b1: float, b2: float, b3: float, b4: float, b5: float, b6: float, b7: float) -> Array:  # noqa: PLR0917
    return (b1 + b2 * x + b3 * x**2 + b4 * x**3) / (1 + b5 * x + b6 * x**2 + b7 * x**3)


def enso(  # noqa: PLR0917
    x: Array, b1: float, b2: float, b3: float, b4: float, b5: float, b6: float, b7: float, b8: float, b9: float
) -> Array:
    year = b1 + b2 * np.cos(2 * pi * x / 12) + b3 * np.sin(2 * pi * x / 12)
    slow = b5 * np.cos(2 * pi * x / b4) + b6 * np.sin(2 * pi * x / b4)
    return year + slow + b8 * np.cos(2 * pi * x / b7) + b9 * np.sin(2 * pi * x / b7)


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "Bennett5": lambda x, b1, b2, b3: b1 * (b2 + x) ** (-1 / b3),
    "BoxBOD": lambda x, b1, b2: b1 * (1 - np.exp(-b2 * x)),
    "Chwirut1": lambda x, b1, b2, b3: np.exp(-b1 * x) / (b2 + b3 * x),
    "Chwirut2": lambda x, b1, b2, b3: np.exp(-b1 * x) / (b2 + b3 * x),
    "DanWood": lambda x, b1, b2: b1 * x**b2,
    "ENSO": enso,
    "Eckerle4": lambda x, b1, b2, b3: (b1 / b2) * np.exp(-0.5 * ((x - b3) / b2) ** 2),
    "Gauss1": peaks,
    "Gauss2": peaks,
    "Gauss3": peaks,
    "Hahn1": cubics,
    "Kirby2": lambda x, b1, b2, b3, b4, b5: (b1 + b2 * x + b3 * x**2) / (1 + b4 * x + b5 * x**2),
    "Lanczos1": exponentials,
    "Lanczos2": exponentials,
    "Lanczos3": exponentials,
    "MGH09": lambda x, b1, b2, b3, b4: b1 * (x**2 + x * b2) / (x**2 + x * b3 + b4),
    "MGH10": lambda x, b1, b2, b3: b1 * np.exp(b2 / (x + b3)),
    "MGH17": lambda x, b1, b2, b3, b4, b5: b1 + b2 * np.exp(-x * b4) + b3 * np.exp(-x * b5),
    "Misra1a": lambda x, b1, b2: b1 * (1 - np.exp(-b2 * x)),
    "Misra1b": lambda x, b1, b2: b1 * (1 - (1 + b2 * x / 2) ** -2),
    "Misra1c": lambda x, b1, b2: b1 * (1 - (1 + 2 * b2 * x) ** -0.5),
    "Misra1d": lambda x, b1, b2: b1 * b2 * x / (1 + b2 * x),
    "Nelson": lambda x, b1, b2, b3: b1 - b2 * x[0] * np.exp(-b3 * x[1]),
    "Rat42": lambda x, b1, b2, b3: b1 / (1 + np.exp(b2 - b3 * x)),
    "Rat43": lambda x, b1, b2, b3, b4: b1 / (1 + np.exp(b2 - b3 * x)) ** (1 / b4),
    "Roszman1": lambda x, b1, b2, b3, b4: b1 - b2 * x - np.arctan(b3 / (x - b4)) / pi,
    "Thurber": cubics,
}


@pytest.fixture(scope="module")
def problems(reference_data: Path) -> dict[str, Any]:
    text = (reference_data / "binding" / "nist_strd_nonlinear.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_certified_values_are_reached(problems: dict[str, Any], name: str, start: str) -> None:
    case = problems[name]
    data = np.array(case["data"])
    y = np.log(data[:, 0]) if name == "Nelson" else data[:, 0]
    x = data[:, 1:].T if name == "Nelson" else data[:, 1]
    certified = np.array(case["certified"])
    points = Points(x, y, np.zeros(y.size, dtype=np.intp), np.ones(y.size))
    unbounded = np.full(certified.size, np.inf)
    model = make_model(from_function(FUNCTIONS[name]), [None], None)
    problem = make_problem(model, points, np.array(case[start], dtype=float), -unbounded, unbounded)
    found = minimise(problem)
    triangle = np.linalg.qr(found.jacobian / np.linalg.norm(found.jacobian, axis=0), mode="r")
    spread = np.linalg.norm(np.linalg.inv(triangle), axis=1) / np.linalg.norm(found.jacobian, axis=0)
    error = spread * np.sqrt(found.ss / (y.size - certified.size))
    assert found.converged
    np.testing.assert_allclose(found.theta, certified, rtol=1e-6)
    np.testing.assert_allclose(error, case["certified_se"], rtol=1e-2 if name == "Lanczos1" else 1e-5)


def test_every_problem_is_tried(problems: dict[str, Any]) -> None:
    assert set(FUNCTIONS) == set(problems)
