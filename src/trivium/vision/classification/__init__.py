"""Classification: one name for a whole photo. A light head on features, learned in seconds; and the judging of it."""
