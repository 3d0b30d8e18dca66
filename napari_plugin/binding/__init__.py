"""The window of binding curves: plates, roles of wells, Ki, and functional curves beside it."""
