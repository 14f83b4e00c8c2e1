"""Inference functions: a learner's own Python on a camera's frames, DeepLens functions among them, unchanged.

`lookalikes` are the modules that such a function imports, `runner` is the confined process that it runs in, `calls` our
end of it.
"""
