"""The walk along a profile: fits with one parameter held, and the search for the end of the interval."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.curves.problem import Problem, Solution, minimise

Vector = NDArray[np.float64]
EndKind = Literal["closed", "bound", "open"]

_MAX_NEWTON = 30
_MAX_DOUBLINGS = 70
_TOLERANCE = 1e-10  # of an end, relative to its distance from the estimate
_MAX_BISECTIONS = 60
_MAX_REFITS = 200  # of one parameter
_FLAT = 1e-4  # a rise over three doublings, as a share of the rise wanted, that counts as none
_LEVEL_BEFORE_JUMP = 0.02  # a rise over the doubling before a jump that shows that it is no end, but rounding
_CONTINUOUS = 0.98  # an end is where the share goes through 1; from below this to above 1, it has jumped
_LOST = 1e-4  # error of a residual by rounding, relative to the rise wanted, at which an end means nothing
_NUDGE = 1e-3  # shifts a trial point to alternate sides, so that the bracket shrinks from both
_FULL_RANK = 1e-11  # smallest pivot, as a share of the largest, for Newton steps
_LARGEST_INFLATION = 1e10  # of a variance by collinear parameters, for Newton steps
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
    n_refits: int = 0

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
        self.n_refits += len(starts)
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


def fitted_size(solution: Solution) -> float:
    """Return the size of what was fitted, in the unit of the residuals."""
    return float(np.max(np.linalg.norm(solution.jacobian, axis=0) * np.abs(solution.theta), initial=0.0))


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
    jacobian = path.jacobian(theta)[:, path.free]
    scale = np.sqrt(np.einsum("ij,ij->j", jacobian, jacobian))
    if not (np.isfinite(scale).all() and scale.min() > 0):
        return None, ss
    jacobian = jacobian / scale
    # Normal equations: their rounding slows the approach, but the end is where residuals and gradient say.
    right = np.zeros((scale.size, 2))
    right[place, 0] = 1.0
    right[:, 1] = residuals @ jacobian
    try:
        column, downhill = np.linalg.solve(jacobian.T @ jacobian, right).T
    except np.linalg.LinAlgError:
        return None, ss
    if not 0 < column[place] < _LARGEST_INFLATION:
        return None, ss
    slack = path.target - ss + float(right[:, 1] @ downhill)
    along = side * np.sqrt(max(slack, 0.0) / column[place])
    step: Vector = (along * column - downhill) / scale
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


def end_by_bracketing(path: Path, side: float) -> tuple[float, EndKind, float]:
    """Find an end by refits in doubling steps and then between the last two.

    Parameters
    ----------
    path : Path
        The profile; it keeps the best point that is met.
    side : float
        −1 for the low end, 1 for the high end.

    Returns
    -------
    tuple
        The end, what limits it, and the rise reached on the way as a share of the rise wanted.
    """
    limit = float(path.problem.upper[path.index] if side > 0 else path.problem.lower[path.index])
    if side * (limit - path.estimate) <= 0:
        return limit, "bound", 0.0
    step = _first_step(path)
    inner, shares = _Point(path.estimate, path.solution.theta, 0.0), [0.0]
    for _ in range(_MAX_DOUBLINGS):
        at_limit = side * (path.estimate + side * step - limit) >= 0
        outer = _outward(path, limit if at_limit else path.estimate + side * step, inner.theta)
        if not outer.share < 1:
            last = _between(path, inner, outer)
            levelled = len(shares) > 2 and shares[-1] - shares[-2] < _LEVEL_BEFORE_JUMP
            if _is_rounding(path, last.theta) or (levelled and last.share < _CONTINUOUS):
                break
            return last.value, "closed", 1.0
        shares.append(outer.share)
        if at_limit:
            return limit, "bound", max(shares)
        if (_levelled(shares) and not step < 4 * path.wald_distance < np.inf) or path.n_refits > _MAX_REFITS:
            break
        inner, step = outer, 2 * step
    return side * np.inf, "open", max(shares)


@dataclass(frozen=True, eq=False)
class _Point:
    """A fit with the parameter held: its value, all parameters, and the rise as a share of the rise wanted."""

    value: float
    theta: Vector
    share: float


def _first_step(path: Path) -> float:
    """Return the Wald distance, or what changes the curve by itself; never past zero, where signs swap."""
    column = float(np.linalg.norm(path.solution.jacobian[:, path.index]))
    alone = 30 * float(np.sqrt(path.rise)) / column if column > 0 else np.inf
    step = min(path.wald_distance, alone)
    half = 0.5 * abs(path.estimate)
    if not np.isfinite(step):
        return half or 1.0
    return min(step, max(half, 1e-3 * step))


def _levelled(shares: list[float]) -> bool:
    """Say whether the profile has ceased to rise over the last three doublings."""
    return len(shares) > 5 and max(shares[-3:]) - min(shares[-4:]) < _FLAT


def _is_rounding(path: Path, theta: Vector) -> bool:
    """Say whether the residuals have lost their digits, as when a plateau far away cancels another."""
    here = path.problem.residuals(theta)
    for k in np.flatnonzero(path.free):
        near = theta.copy()
        near[k] *= 1.0 + 8 * np.finfo(np.float64).eps
        if not np.abs(path.problem.residuals(near) - here).max() <= _LOST * np.sqrt(path.rise):
            return True
    return False


def _outward(path: Path, value: float, near: Vector) -> _Point:
    """Fit at `value` from the nearest fit; where that is worse than allowed, from the best fit too."""
    point = _at(path, value, [near])
    return point if point.share < 1 else _at(path, value, [point.theta, path.solution.theta])


def _at(path: Path, value: float, starts: list[Vector]) -> _Point:
    ss, theta = path.refit(float(value), starts)
    return _Point(float(value), theta, (ss - path.solution.ss) / path.rise)


def _between(path: Path, inner: _Point, outer: _Point) -> _Point:
    """Find where the rise reaches its limit; return the last point within.

    Regula falsi on the square root of the rise, which is nearly straight, halving where that is slow. The
    search ends early at a jump: where refits fail beyond some value, no more digits are to be had.
    """
    for count in range(_MAX_BISECTIONS):
        width = abs(outer.value - inner.value)
        size = min(abs(outer.value - path.estimate), abs(outer.value) + abs(inner.value))
        if width <= _TOLERANCE * size or 1 - inner.share < _TOLERANCE:
            break
        if width <= 1e-3 * size and outer.share - inner.share > 0.5 and count > 12:
            break
        low, high = np.sqrt(max(inner.share, 0.0)), np.sqrt(min(outer.share, 1e4))
        part = (1 - low) / (high - low)
        part = 0.5 if count % 3 == 2 else min(max(part + (_NUDGE if count % 2 else -_NUDGE) * part, 1e-3), 0.999)
        value = inner.value + part * (outer.value - inner.value)
        near = inner if part < 0.5 else outer
        point = _at(path, value, [near.theta])
        if not point.share < 1 and count < 6:
            point = _at(path, value, [inner.theta, path.solution.theta])
        inner, outer = (point, outer) if point.share < 1 else (inner, point)
    return inner
