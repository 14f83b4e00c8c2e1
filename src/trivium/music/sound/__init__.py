"""Sound without a browser: a small synthesizer that reads sound fonts."""
