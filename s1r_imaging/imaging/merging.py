"""Atoms merged two by two into a tree: every node is a candidate for a cell."""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.atoms import Atoms, Col

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

MAX_AREA = 6.0  # no region grows beyond this many areas of a cell
_TOLERANCE = 0.12  # activity differs by this part within a cell, through texture and haze


@dataclass(frozen=True, eq=False)
class MergeTree:
    """Binary tree of regions; the first n nodes are the atoms, parts come before the whole.

    Parameters
    ----------
    sums : array, shape (N, C)
        Sums of each region, columns `Col`.
    children : array of int, shape (N, 2)
        The two parts of each region, -1 for atoms.
    parent : array of int, shape (N,)
        The region each became part of, -1 for roots.
    cost : array, shape (N,)
        Cost of the merge that made the region, 0 for atoms.
    cell_area : float
        Area of a cell of the expected diameter (pixels).
    """

    sums: Floats
    children: Indices
    parent: Indices
    cost: Floats
    cell_area: float


def merge_atoms(atoms: Atoms, diameter_px: float) -> MergeTree:
    """Merge neighbours, the most alike first, until no allowed merge is left.

    Parameters
    ----------
    atoms : Atoms
        The atoms.
    diameter_px : float
        Diameter of a cell (pixels).

    Returns
    -------
    MergeTree
        The tree.
    """
    return _Merger(atoms, np.pi / 4 * diameter_px**2).run()


class _Merger:
    """State of the merging: regions, their neighbours, and a queue of possible merges."""

    def __init__(self, atoms: Atoms, cell_area: float) -> None:
        n = len(atoms.sums)
        self.n_atoms, self.n = n, n
        self.cell_area = cell_area
        self.sums = np.zeros((2 * n, atoms.sums.shape[1]))
        self.sums[:n] = atoms.sums
        self.children = np.full((2 * n, 2), -1, dtype=np.int64)
        self.cost = np.zeros(2 * n)
        self.relative = np.zeros((2 * n, self.sums.shape[1] - Col.ACTIVITY))
        self.noise, self.size = np.zeros(2 * n), np.zeros(2 * n)
        self._describe(np.arange(n))
        self.typical = float(np.median(self.size[:n])) if n else 0.0
        first, second = atoms.pairs.T
        change = atoms.lengths * self._difference(first, second)
        self._border_sums(atoms, change)
        self.near: list[dict[int, tuple[float, float, float]] | None] = [{} for _ in range(n)]
        rows = zip(
            first.tolist(),
            second.tolist(),
            atoms.lengths.tolist(),
            atoms.edges.tolist(),
            change.tolist(),
            strict=True,
        )
        for a, b, *border in rows:
            self.near[a][b] = self.near[b][a] = tuple(border)
        costs = self._costs(first, second, atoms.lengths, atoms.edges)
        self.queue = list(zip(costs.tolist(), first.tolist(), second.tolist(), strict=True))
        heapq.heapify(self.queue)

    def _border_sums(self, atoms: Atoms, change: Floats) -> None:
        first, second = atoms.pairs.T
        level = np.log(self.sums[: self.n, Col.LIGHT] / self.sums[: self.n, Col.AREA])
        step = atoms.lengths * (level[first] - level[second])
        for rows, sign in ((first, 1.0), (second, -1.0)):
            for column, values in (
                (Col.LENGTH, atoms.lengths),
                (Col.EDGE, atoms.edges),
                (Col.CHANGE, change),
                (Col.STEP, sign * step),
            ):
                np.add.at(self.sums[:, column], rows, values)

    def _describe(self, rows: Indices | int) -> None:
        """Activity relative to light, the variance of its noise, and its squared size."""
        light = self.sums[rows, Col.LIGHT]
        self.relative[rows] = (self.sums[rows, Col.ACTIVITY :].T / light).T
        self.noise[rows] = self.relative.shape[1] * self.sums[rows, Col.NOISE] / light**2
        self.size[rows] = (self.relative[rows] ** 2).sum(axis=-1)

    def _difference(self, a: Indices | int, b: Indices) -> Floats:
        """How surely two regions differ in activity, from 0 to 1."""
        if not self.relative.shape[1]:
            return np.zeros(len(b))
        noise = self.noise[a] + self.noise[b]
        apart = np.maximum(((self.relative[a] - self.relative[b]) ** 2).sum(axis=-1) - noise, 0)
        size = np.minimum(self.size[a], self.size[b]) + 0.1 * self.typical
        ratio = apart / (0.5 * noise + _TOLERANCE**2 * size + np.finfo(float).tiny)
        result: Floats = ratio / (ratio + 2.0)
        return result

    def _costs(self, a: Indices | int, b: Indices, length: Floats, edge: Floats) -> Floats:
        """Cost of a merge: unlike in activity or parted by an edge; small regions come first."""
        mean_edge = edge / length
        unlike = 1 - (1 - self._difference(a, b)) * (1 - 0.8 * mean_edge / (mean_edge + 0.25))
        smaller = np.minimum(self.sums[a, Col.AREA], self.sums[b, Col.AREA]) / self.cell_area
        result: Floats = unlike * np.sqrt(np.minimum(2 * smaller, 1)) + 0.05 * smaller
        return result

    def run(self) -> MergeTree:
        """Merge until the queue is empty."""
        limit = MAX_AREA * self.cell_area
        while self.queue:
            cost, a, b = heapq.heappop(self.queue)
            if self.near[a] is None or self.near[b] is None:
                continue
            if self.sums[a, Col.AREA] + self.sums[b, Col.AREA] <= limit:
                self._merge(a, b, cost)
        n = self.n
        parent = np.full(n, -1, dtype=np.int64)
        made = np.arange(self.n_atoms, n)
        parent[self.children[made].T] = made
        return MergeTree(self.sums[:n], self.children[:n], parent, self.cost[:n], self.cell_area)

    def _merge(self, a: int, b: int, cost: float) -> None:
        new, self.n = self.n, self.n + 1
        near_a, near_b = self.near[a], self.near[b]
        assert near_a is not None  # noqa: S101  (run() has looked)
        assert near_b is not None  # noqa: S101
        length, edge, change = near_a[b]
        row = self.sums[a] + self.sums[b]
        row[[Col.LENGTH, Col.EDGE, Col.CHANGE]] -= (2 * length, 2 * edge, 2 * change)
        row[[Col.IN_LENGTH, Col.IN_EDGE, Col.IN_CHANGE]] += (length, edge, change)
        self.sums[new], self.children[new], self.cost[new] = row, (a, b), cost
        self._describe(new)
        near = self._joined(a, b, near_a, near_b)
        self.near.append(near)
        self.near[a] = self.near[b] = None
        if not near:
            return
        for other, border in near.items():
            self.near[other][new] = border  # type: ignore[index]
        others = np.fromiter(near, dtype=np.int64, count=len(near))
        borders = np.array(list(near.values()))
        for value, other in zip(
            self._costs(new, others, borders[:, 0], borders[:, 1]).tolist(), near, strict=True
        ):
            heapq.heappush(self.queue, (value, other, new))

    def _joined(
        self, a: int, b: int,
        near_a: dict[int, tuple[float, float, float]], near_b: dict[int, tuple[float, float, float]],
    ) -> dict[int, tuple[float, float, float]]:  # fmt: skip
        """Neighbours of the union; those of either part forget the parts."""
        near = {other: border for other, border in near_a.items() if other != b}
        for other, border in near_b.items():
            if other == a:
                continue
            mine = near.get(other)
            near[other] = (
                border if mine is None else (mine[0] + border[0], mine[1] + border[1], mine[2] + border[2])
            )
        for other in near:
            neighbours = self.near[other]
            neighbours.pop(a, None)  # type: ignore[union-attr]
            neighbours.pop(b, None)  # type: ignore[union-attr]
        return near


def best_disjoint(tree: MergeTree, worth: Floats) -> Indices:
    """Choose regions that do not overlap and whose worth adds up to the most.

    Parameters
    ----------
    tree : MergeTree
        The candidates.
    worth : array, shape (N,)
        Worth of each, not negative; a region of worth 0 is never chosen.

    Returns
    -------
    array of int
        The chosen nodes, increasing.
    """
    best = worth.tolist()
    take = worth > 0
    children = tree.children.tolist()
    for node, (a, b) in enumerate(children):
        if a >= 0 and best[a] + best[b] > best[node]:
            best[node], take[node] = best[a] + best[b], False
    free = np.ones(len(best), dtype=np.bool_)
    for node in range(len(best) - 1, -1, -1):
        if children[node][0] >= 0 and (take[node] or not free[node]):
            free[children[node]] = False
    return np.flatnonzero(take & free)


def owners(tree: MergeTree, chosen: Indices, n_atoms: int) -> NDArray[np.int32]:
    """Return for each atom the number (from 1) of the chosen region that holds it, else 0."""
    owner = np.zeros(len(tree.parent), dtype=np.int32)
    owner[chosen] = np.arange(1, len(chosen) + 1)
    for node in range(len(owner) - 1, -1, -1):
        if owner[node] == 0 and tree.parent[node] >= 0:
            owner[node] = owner[tree.parent[node]]
    return owner[:n_atoms]
