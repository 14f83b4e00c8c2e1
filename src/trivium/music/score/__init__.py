"""How good a model is: likelihood, harmony, edits, distances."""
