"""`trivium vision understand boxes` and `box-photos`: a detector's figures, and the photos behind them."""

from __future__ import annotations

import click

from trivium.settings import Settings
from trivium.vision.commands.views import JSON, RUN, show, understand

THRESHOLD = click.option("--threshold", type=click.FloatRange(0, 1),
                         help="One for all classes; default: the model's own.")


@understand.command("boxes")
@RUN
@THRESHOLD
@JSON
@click.pass_obj
def boxes(settings: Settings, run: str, threshold: float | None, as_json: bool) -> None:
    """What a detector finds of each class and size, and what it takes for what."""
    from trivium.vision import notebook

    found = notebook.box_scores(run, threshold=threshold, data=settings.data)
    width = max(10, *(len(row["name"]) for row in found["per_class"]))
    lines = [f"{'class':<{width}}  boxes  AP50 (95 % interval)    threshold  found  right when said"]
    for k, row in enumerate(found["per_class"]):
        there, said = sum(found["confusion"][k]), sum(other[k] for other in found["confusion"])
        right = found["confusion"][k][k]
        ap50 = "none" if row["ap50"] is None else f"{row['ap50']:.3f} ({row['interval'][0]:.3f} to " \
                                                  f"{row['interval'][1]:.3f})"
        least = row["threshold"] if threshold is None else threshold
        lines.append(f"{row['name']:<{width}}  {row['n']:>5}  {ap50:<22}  {least:>9.2f}  "
                     f"{right / max(there, 1):>5.0%}  {right / max(said, 1):>5.0%}")
    for size in found["sizes"]:
        low, high = size["interval"]
        lines.append(f"{size['name']:<{width}}  {size['n']:>5}  {size['right_own']} found at its own thresholds "
                     f"({low:.0%} to {high:.0%})")
    low, high = found["interval_50_95"]
    show(found, as_json, [*lines, f"mAP50 {found['map50']:.3f} ({found['interval'][0]:.3f} to "
                                  f"{found['interval'][1]:.3f}), mAP50:95 {found['map50_95']:.3f} ({low:.3f} to "
                                  f"{high:.3f}).", found["how"]])


@understand.command("box-photos")
@RUN
@click.option("--show", "wanted", type=click.Choice(["all", "wrong", "hits", "missed", "false", "confused"]),
              default="wrong", show_default=True, help="Which photos.")
@click.option("--class", "label", metavar="CLASS", help='Only where this is drawn; "" where nothing is.')
@click.option("--said", metavar="CLASS", help='Only where this was said; "" where nothing was.')
@THRESHOLD
@JSON
@click.pass_obj
def box_photos(settings: Settings, run: str, wanted: str, label: str | None, said: str | None,
               threshold: float | None, as_json: bool) -> None:
    """Held-out photos with what a detector found on them, the worst first."""
    from trivium.vision import notebook

    rows = notebook.box_photos(run, show=wanted, label=label, said=said, threshold=threshold, data=settings.data)
    lines = [f"{row['name']}: {len(row['drawn'])} drawn, {sum(box['kind'] == 'hit' for box in row['found'])} found, "
             f"{row['missed']} missed, {sum(box['kind'] != 'hit' for box in row['found'])} wrong" for row in rows]
    show({"photos": rows}, as_json, lines or ["No photo is like that."])
