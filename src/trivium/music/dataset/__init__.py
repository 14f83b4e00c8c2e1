"""Training sets: a folder of music becomes pieces that a model can learn from."""
