"""Say what changes.

Publishes what the model sees, once each time that it sees something else, and only where it is sure.
"""

import studio

SURE = 0.8
before = None


def on_frame(frame, seen):
    global before

    # None: the model does not know what it sees.
    if seen.label is None or seen.confidence < SURE:
        return
    if seen.label != before:
        print(f"now: {seen.label}, {seen.confidence:.0%} sure")
        studio.publish("camera/sees", {"label": seen.label, "confidence": round(seen.confidence, 3)})
    before = seen.label
