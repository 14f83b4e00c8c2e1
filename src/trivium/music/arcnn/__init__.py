"""The AR-CNN: adds notes to a melody and removes some, one edit at a time."""
