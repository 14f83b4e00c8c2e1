"""What a server has one of is made once, however many ask for it first."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

from trivium.core.once import once


def test_many_first_requests_get_the_same_one() -> None:
    state, made, got = SimpleNamespace(), [], []

    def make() -> object:
        time.sleep(0.02)  # long enough for all the others to ask
        made.append(object())
        return made[-1]

    asking = [threading.Thread(target=lambda: got.append(once(state, "one", make))) for _ in range(8)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert len(made) == 1 and got == made * 8
    assert once(state, "other", lambda: 5) == 5
