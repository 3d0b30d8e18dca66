"""Curve fitting: equations, least squares, intervals, model comparison."""
