"""Pictures that Trivium composes itself, with exact classes, boxes and masks; each says that it is synthetic."""
