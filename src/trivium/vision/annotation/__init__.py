"""Annotation files of other programs, in and out: COCO, Pascal VOC, YOLO, `.lst` and CSV.

`coco`, `voc`, `yolo`, `lists` each read and write one format. Reading happens confined (`reading.py`), for the files
are a stranger's; `matching.py` finds the photo that is meant and makes shares of its pixels; `given.py` is what an
import gets of it. Whole projects are written by `exporting.py`, beside this folder.
"""
