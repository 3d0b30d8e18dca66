"""The napari plugin: glue between napari's layers and `s1r_imaging`; no science in here."""
