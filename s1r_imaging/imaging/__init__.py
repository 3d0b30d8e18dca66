"""From pixels to traces: motion, summary images, segmentation, extraction."""
