"""Fine-tuning: the later stages of the backbone learn from one's own photos, the earlier ones are computed once."""
