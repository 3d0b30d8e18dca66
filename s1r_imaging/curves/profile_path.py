"""The walk along a profile: fits with one parameter held, and the search for the end of the interval."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from s1r_imaging.curves.problem import Problem, Solution, minimise

Vector = NDArray[np.float64]

_MAX_NEWTON = 30
_MAX_DOUBLINGS = 70
_TOLERANCE = 1e-10  # of an end, relative to its distance from the estimate
_FLAT = 1e-4  # a rise per doubling, as a share of the rise wanted, that counts as none
_FULL_RANK = 1e-11  # smallest pivot, as a share of the largest, for Newton steps
_NEARLY_LINEAR = 1.5  # an end within this factor of the Wald distance is not checked for a hump on the way


@dataclass(eq=False)
class Path:
    """One parameter's profile around a solution; keeps the best point met on the way."""

    problem: Problem
    solution: Solution
    index: int
    rise: float
    fixed: dict[str, float]
    free: NDArray[np.bool_]
    direction: Vector
    better: Vector | None = None
    best_ss: float = field(default=np.inf)

    @classmethod
    def at(
        cls, problem: Problem, solution: Solution, index: int, rise: float, fixed: dict[str, float]
    ) -> "Path | None":
        """Prepare the profile of one parameter; None where it has none: it is fixed, or the rise unknown."""
        name = problem.names[index]
        if name in fixed or problem.lower[index] >= problem.upper[index] or not np.isfinite(rise):
            return None
        if not np.isfinite(solution.ss) or rise <= 0:
            return None
        held = np.array([item in fixed for item in problem.names])
        free = ~held & (problem.lower < problem.upper)
        ready = problem.differentiable(solution.theta)
        direction = _direction(solution.jacobian, free & (solution.free | (np.arange(free.size) == index)), index)
        return cls(ready, solution, index, rise, fixed, free, direction, best_ss=solution.ss)

    def jacobian(self, theta: Vector) -> Vector:
        """Return the derivatives of the residuals."""
        ready = self.problem.differentiable(theta)
        return np.empty((0, theta.size)) if ready.jacobian is None else ready.jacobian(theta)

    @property
    def target(self) -> float:
        """Sum of squares at the ends of the interval."""
        return self.solution.ss + self.rise

    @property
    def estimate(self) -> float:
        """Value of the parameter at the minimum."""
        return float(self.solution.theta[self.index])

    @property
    def wald_distance(self) -> float:
        """Distance of the ends from the estimate if the equation were linear; inf or NaN if undetermined."""
        return float(np.sqrt(self.rise) * self.direction[self.index])

    def refit(self, value: float, starts: list[Vector]) -> tuple[float, Vector]:
        """Fit all others with the parameter at `value`; return the smallest sum of squares and its place."""
        name = self.problem.names[self.index]
        best, place = np.inf, starts[0]
        for start in starts:
            found = minimise(self.problem, start=start, fixed={**self.fixed, name: value})
            if found.ss < best:
                best, place = found.ss, found.theta
        self.remember(best, place)
        return best, place

    def remember(self, ss: float, theta: Vector) -> None:
        """Keep a point that beats the solution by more than rounding."""
        if ss < self.best_ss - 1e-6 * self.rise:
            self.best_ss, self.better = ss, np.clip(theta, self.problem.lower, self.problem.upper)


def _direction(jacobian: Vector, free: NDArray[np.bool_], index: int) -> Vector:
    """Return how all parameters move along the profile, scaled so that a unit step raises SS by 1."""
    direction = np.zeros(free.size)
    plane = _factors(jacobian[:, free])
    if plane is None:
        direction[index] = np.inf
        return direction
    _, r, scale = plane
    place = np.flatnonzero(free).tolist().index(index)
    unit = np.zeros(scale.size)
    unit[place] = 1.0
    v = np.linalg.solve(r.T, unit)
    direction[free] = np.linalg.solve(r, v) / np.sqrt(float(v @ v)) / scale
    return direction


def end_by_newton(path: Path, side: float) -> float | None:
    """Find an end by Newton steps on “SS = target, all others at their minimum”; None where that fails.

    Each step solves the linearised problem exactly: as far as possible in one parameter within the ellipsoid
    of the allowed sum of squares.
    """
    if not np.all(np.isfinite(path.direction)):
        return None
    place = np.flatnonzero(path.free).tolist().index(path.index)
    theta = path.solution.theta + side * np.sqrt(path.rise) * path.direction
    for _ in range(_MAX_NEWTON):
        step, ss = _newton_step(path, theta, place, side)
        if step is None:
            return None
        theta = theta.copy()
        theta[path.free] += step
        distance = side * (theta[path.index] - path.estimate)
        if distance <= 0:
            return None
        if abs(step[place]) <= _TOLERANCE * distance and abs(ss - path.target) <= 1e-7 * path.rise:
            return float(theta[path.index]) if _no_hump(path, theta, distance) else None
    return None


def _newton_step(path: Path, theta: Vector, place: int, side: float) -> tuple[Vector | None, float]:
    """Return the step of the free parameters, None where there is none, and the sum of squares here."""
    if np.any((theta < path.problem.lower) | (theta > path.problem.upper)):
        return None, np.inf
    residuals = path.problem.residuals(theta)
    ss = float(residuals @ residuals)
    if not ss < path.target + 100 * path.rise:
        return None, ss
    plane = _factors(path.jacobian(theta)[:, path.free])
    if plane is None:
        return None, ss
    q, r, scale = plane
    projected = residuals @ q
    unit = np.zeros(scale.size)
    unit[place] = 1.0
    v = np.linalg.solve(r.T, unit)
    slack = path.target - ss + float(projected @ projected)
    along = side * np.sqrt(max(slack, 0.0) / float(v @ v))
    step: Vector = np.linalg.solve(r, along * v - projected) / scale
    return step, ss


def _factors(jacobian: Vector) -> tuple[Vector, Vector, Vector] | None:
    """Return Q and R of the columns scaled to unit length, and the lengths; None without full rank."""
    scale = np.sqrt(np.einsum("ij,ij->j", jacobian, jacobian))
    if jacobian.shape[0] < jacobian.shape[1] or not np.isfinite(scale.sum()) or not scale.min() > 0:
        return None
    q, r = np.linalg.qr(jacobian / scale)
    diagonal = np.abs(r.diagonal())
    return (q, r, scale) if diagonal.min() > _FULL_RANK * diagonal.max() else None


def _no_hump(path: Path, theta: Vector, distance: float) -> bool:
    """Check that the profile does not cross the target before the end that was found."""
    ratio = distance / path.wald_distance
    if 1 / _NEARLY_LINEAR < ratio < _NEARLY_LINEAR:
        return True
    middle = 0.5 * (path.solution.theta + theta)
    ss, _ = path.refit(float(middle[path.index]), [middle])
    return ss < path.target


def end_by_bracketing(path: Path, side: float) -> tuple[float, Literal["closed", "bound", "open"], float]:
    """Find an end by refits in doubling steps and then between the last two.

    Returns
    -------
    tuple
        The end, what limits it, and the rise reached on the way as a share of the rise wanted.
    """
    limit = float(path.problem.upper[path.index] if side > 0 else path.problem.lower[path.index])
    if side * (limit - path.estimate) <= 0:
        return limit, "bound", 0.0
    step = _first_step(path)
    inner, inner_theta, risen = path.estimate, path.solution.theta, [0.0]
    for _ in range(_MAX_DOUBLINGS):
        at_limit = side * (path.estimate + side * step - limit) >= 0
        outer = limit if at_limit else path.estimate + side * step
        ss, theta = _outward(path, outer, inner_theta)
        share = (ss - path.solution.ss) / path.rise
        if not share < 1:
            return _between(path, (inner, inner_theta), (outer, theta)), "closed", 1.0
        risen.append(share)
        if at_limit:
            return limit, "bound", max(risen)
        if _levelled(risen) and step > 8 * min(path.wald_distance, abs(step)):
            break
        inner, inner_theta, step = outer, theta, 2 * step
    return side * np.inf, "open", max(risen)


def _first_step(path: Path) -> float:
    size = abs(path.estimate)
    wald = path.wald_distance
    if not np.isfinite(wald):
        return 0.1 * size if size > 0 else 0.1
    return min(wald, size) if size > 0 else wald


def _levelled(risen: list[float]) -> bool:
    """Say whether the profile has ceased to rise over the last three doublings."""
    if len(risen) < 6:
        return False
    return max(risen[-3:]) - min(risen[-4:]) < _FLAT


def _outward(path: Path, value: float, near: Vector) -> tuple[float, Vector]:
    """Fit at `value` from the nearest fit; where that is worse than allowed, from the best fit too."""
    ss, theta = path.refit(value, [near])
    if ss < path.target:
        return ss, theta
    again, other = path.refit(value, [path.solution.theta])
    return (again, other) if again < ss else (ss, theta)


def _between(path: Path, inner: tuple[float, Vector], outer: tuple[float, Vector]) -> float:
    """Find where the signed root of the rise reaches its limit; it is nearly straight there."""
    known = [inner, outer]
    wanted = np.sqrt(path.rise)

    def excess(value: float) -> float:
        near = min(known, key=lambda item: abs(item[0] - value))[1]
        ss, theta = path.refit(value, [near])
        known.append((value, theta))
        rise = ss - path.solution.ss
        return float(np.sqrt(max(rise, 0.0)) - wanted) if np.isfinite(rise) else float(wanted)

    return _root(excess, inner[0], outer[0])


def _root(function: Callable[[float], float], inner: float, outer: float) -> float:
    low, high = function(inner), function(outer)
    if low >= 0 or high <= 0:  # rounding at an end of the bracket
        return inner if low >= 0 else outer
    span = abs(outer - inner)
    root = optimize.brentq(function, inner, outer, xtol=1e-11 * span, rtol=1e-13)
    return float(root)
