"""Count things.

Of a model that finds things: counts each class, and says when the scene becomes too full. Try it with a detector.
"""

from collections import Counter

import studio

TOO_MANY = 3
was_full = False


def on_frame(frame, seen):
    global was_full
    counts = Counter(box.label for box in seen.boxes or [])
    print(", ".join(f"{n} x {label}" for label, n in counts.items()) or "nothing found")

    full = sum(counts.values()) > TOO_MANY
    if full and not was_full:
        studio.publish("table/full", dict(counts))
    was_full = full
