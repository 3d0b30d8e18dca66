"""Curve fitting: equations, least squares, intervals, model comparison.

- `fit_curve`: one data set, or several with shared parameters, with profile intervals and verdicts;
- `fit_curves`: thousands of curves at once;
- `equations`, `get_equation`: the equations by name.
"""

from s1r_imaging.curves.batch import fit_curves
from s1r_imaging.curves.curve_fit import CurveFit
from s1r_imaging.curves.equation import Equation
from s1r_imaging.curves.equations import equations, get_equation
from s1r_imaging.curves.fit import CurveOptions, fit_curve

__all__ = ["CurveFit", "CurveOptions", "Equation", "equations", "fit_curve", "fit_curves", "get_equation"]
