"""Export: a project as files that other programs read."""
