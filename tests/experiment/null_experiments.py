"""Null experiments: two conditions that do not differ, cells in dishes, dishes on days."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.experiment.groups import Group

Array = NDArray[np.float64]


def null_cells(
    rng: np.random.Generator,
    *,
    n_dishes: int = 4,
    n_cells: int = 40,
    icc: float = 0.15,
    cell_sd: float = 0.4,
    is_lognormal: bool = True,
    day_share: float = 0.0,
) -> Array:
    """Draw the cells of one experiment, (2 conditions, dishes, cells); dish *k* of both is of day *k*."""
    dish_sd = cell_sd * np.sqrt(icc / (1 - icc))
    day = np.sqrt(day_share) * rng.standard_normal((1, n_dishes, 1))
    dish = np.sqrt(1 - day_share) * rng.standard_normal((2, n_dishes, 1))
    level = dish_sd * (day + dish) + cell_sd * rng.standard_normal((2, n_dishes, n_cells))
    return np.exp(level) if is_lognormal else np.asarray(level)


def as_groups(cells: Array) -> tuple[Group, Group]:
    """Make the replicates of both conditions."""
    made = []
    for name, own in zip(("agonist", "vehicle"), cells, strict=True):
        means = own.mean(axis=1)
        squares = np.sum((own - means[:, None]) ** 2, axis=1)
        count = np.full(len(own), float(own.shape[1]))
        made.append(Group(name, name, means, count, means, squares, np.arange(len(own))))
    return made[0], made[1]


def as_tables(cells: Array, *, has_days: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make responses and design of one experiment."""
    roles = ("agonist", "vehicle")
    n_dishes, n_cells = cells.shape[1:]
    names = [[f"{role}_{dish}" for dish in range(n_dishes)] for role in roles]
    responses = pd.DataFrame(
        {
            "recording": np.repeat(np.ravel(names), n_cells),
            "label": np.tile(np.arange(1, n_cells + 1), 2 * n_dishes),
            "peak_dff": cells.ravel(),
        }
    )
    design = pd.DataFrame(
        {
            "recording": np.ravel(names),
            "condition": np.repeat(roles, n_dishes),
            "role": np.repeat(roles, n_dishes),
            "replicate": np.ravel(names),
        }
    )
    return responses, design.assign(day=np.tile(np.arange(n_dishes), 2)) if has_days else design
