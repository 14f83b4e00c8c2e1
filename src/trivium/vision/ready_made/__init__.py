"""A detector that somebody else has trained, ready to run: NanoDet-g, which knows the 80 kinds of COCO.

`nanodet` says what it is and reads its files, `tensorflow_js` reads their format, `graph` writes it as ONNX, `train`
makes a finished run of it, so that it is tried, watched and deployed like a model of one's own.
"""
