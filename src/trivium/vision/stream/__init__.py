"""Watching: from a camera, a film or a folder of photos to typed events, a frame at a time.

`address` says what there is to watch, `eye` is the confined process that decodes it, `source` the end of it that we
hold, `model` what looks at the pictures, `watch` the loop of all of them.
"""
