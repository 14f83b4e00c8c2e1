"""Bright or dark.

Says when the light goes on or off. It needs no model, so it is a good one to begin with.
"""

import studio

DARK = 70  # of 255, in the mean of all pixels
before = None


def on_frame(frame, seen):
    global before
    brightness = frame.mean()
    now = "dark" if brightness < DARK else "bright"
    print(f"{now}: {brightness:.0f} of 255")

    # Publish what has changed, not every frame.
    if now != before:
        studio.publish("room/light", {"light": now, "brightness": round(float(brightness), 1)})
    before = now
