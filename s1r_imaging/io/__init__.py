"""Doors: files in, results out."""
