"""Activity recognition: what somebody does in a short clip, told by a light temporal head on features of its frames."""
