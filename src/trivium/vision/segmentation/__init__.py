"""Semantic segmentation: which class each pixel of a picture belongs to."""
