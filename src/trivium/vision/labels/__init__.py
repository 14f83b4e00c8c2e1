"""Labelling: what people say of pictures, as classes, boxes and masks, and how it is undone."""
