"""Lists of many pictures: `.lst` of MXNet and SageMaker.

A line of an `.lst` is an index, numbers and a path, divided by tabs. One number is a class. Otherwise they begin with
the header's width and an object's width: `4 5 W H`, then for each object its class and its left, top, right and bottom
edge as shares; or `2 5`, without the picture's size. Its classes are numbers, whose names `classes.txt` may list; for
classification, the folder of the photos does where each class has one of its own.
https://mxnet.apache.org/versions/1.9.1/api/faq/recordio
"""

from __future__ import annotations

from collections import Counter

from trivium.vision.annotation.records import Drawn, class_text, decoded, finite

XYXY = tuple[float, float, float, float]


def looks_like_lst(content: bytes) -> bool:
    return any(_lst_row(line) is not None for line in decoded(content[:20_000]).splitlines()[:5])


def read_lst(name: str, content: bytes, names: list[str], counts: Counter[str]) -> list[Drawn]:
    """The pictures of an `.lst`, with boxes or a class each."""
    found, plain = list[Drawn](), list[tuple[int, str]]()
    for line in decoded(content).splitlines():
        row = _lst_row(line)
        if row is None:
            counts["broken"] += bool(line.strip())
        elif len(row[0]) == 1:
            plain.append((int(row[0][0]), row[1]))
        else:
            found.append(Drawn(source=name, picture=row[1], in_pixels=False, boxes=_lst_boxes(row[0], names, counts)))
    called = _class_names(plain, names)
    return found + [Drawn(source=name, picture=path, label=called[number]) for number, path in plain]


def write_lst(rows: list[tuple[str, int, int, list[tuple[int, XYXY]]]]) -> str:
    """An `.lst` of pictures (path, width, height, boxes as class index and shares), header `4 5 W H`."""
    lines = []
    for k, (path, width, height, boxes) in enumerate(rows):
        values = [f"{index}\t" + "\t".join(f"{value:.8f}" for value in xyxy) for index, xyxy in boxes]
        lines.append("\t".join([str(k), "4", "5", str(width), str(height), *values, path]))
    return "".join(line + "\n" for line in lines)


def write_class_lst(rows: list[tuple[str, int]]) -> str:
    """An `.lst` of pictures and their class's number."""
    return "".join(f"{k}\t{index}\t{path}\n" for k, (path, index) in enumerate(rows))


def _lst_row(line: str) -> tuple[list[float], str] | None:
    """(numbers, path) of a line."""
    words = line.rstrip("\r\n").split("\t")
    values = finite(words[:-1])
    if len(words) < 3 or values is None or finite(words[-1:]) is not None or not words[-1].strip():
        return None
    if len(words) > 3 and not (2 <= values[1] <= len(values) - 1 and values[2] >= 5):
        return None  # several numbers that are no boxes: more than one class, which is not for us
    return values[1:], words[-1].strip()[:1000]


def _lst_boxes(values: list[float], names: list[str],
               counts: Counter[str]) -> list[tuple[str, float, float, float, float]]:
    header, width = int(values[0]), int(values[1])
    boxes = []
    for at in range(header, len(values) - 4, width):
        number, x1, y1, x2, y2 = values[at:at + 5]
        if number < 0:
            continue  # padding, as records of equal length have it
        if names and number >= len(names):
            counts["unknown_class"] += 1
            continue
        boxes.append((names[int(number)] if names else f"class {int(number)}", x1, y1, x2, y2))
    return boxes


def _class_names(plain: list[tuple[int, str]], names: list[str]) -> dict[int, str]:
    """What the numbers of classes are called."""
    folders: dict[int, set[str]] = {}
    for number, path in plain:
        parts = path.replace("\\", "/").split("/")
        folders.setdefault(number, set()).add(parts[-2] if len(parts) > 1 else "")
    single = {number: next(iter(those)) for number, those in folders.items() if len(those) == 1}
    speaking = len(single) == len(folders) == len(set(single.values())) and all(single.values())
    return {number: names[number] if 0 <= number < len(names) else
            class_text(single[number], number) if speaking else f"class {number}" for number in folders}
