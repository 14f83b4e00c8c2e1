"""The tracks themselves: Trivium's own gallery, and reading the community's files."""
