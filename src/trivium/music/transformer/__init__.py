"""The Transformer: goes on from a melody, or fills what is missing."""
