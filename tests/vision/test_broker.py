"""The embedded broker: who may say and hear what, and what it does not fall for."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium.vision.broker import accounts
from trivium.vision.broker.accounts import Account, Accounts, hashed
from trivium.vision.broker.rights import MOST_BYTES, covers, is_filter, is_topic

from .brokers import Embedded, Somebody, patiently

WORDS = ("a", "b", "$c")


def matched_by_paho(topic: str, wide: str) -> bool:
    client = pytest.importorskip("paho.mqtt.client")
    return bool(client.topic_matches_sub(wide, topic))


def filters() -> st.SearchStrategy[str]:
    level = st.sampled_from(["a", "b", "$c", "+"])
    return st.builds(lambda first, last: "/".join([*first, *last]), st.lists(level, min_size=1, max_size=3),
                     st.sampled_from([[], ["#"]]))


@given(filters(), filters())
def test_one_filter_lies_in_another_where_all_its_topics_do(wide: str, narrow: str) -> None:
    topics = ["/".join(words) for length in (1, 2, 3, 4, 5) for words in product(WORDS, repeat=length)]
    if covers(wide, narrow):
        assert all(matched_by_paho(topic, wide) for topic in topics if matched_by_paho(topic, narrow))
    assert covers(wide, wide)
    if "+" not in narrow and "#" not in narrow:  # a topic
        assert covers(wide, narrow) == matched_by_paho(narrow, wide)


def test_what_is_a_topic_and_what_a_filter() -> None:
    assert is_topic("trivium/kitchen/p") and not any(map(is_topic, ("", "a/+", "a/#", "a\0", 501 * "x")))
    assert all(map(is_filter, ("#", "a/+/b", "+", "a/#"))) and not any(map(is_filter, ("", "a#", "#/a", "a/b+", "\0")))


def test_accounts_are_read_again_when_they_change_and_nobody_comes_in_by_a_damaged_file(tmp_path: Path) -> None:
    found = Accounts(tmp_path)
    assert found.known("kitchen", "s") is None
    accounts.write(tmp_path, [accounts.of_device("kitchen", hashed("s"))])
    assert (tmp_path / accounts.NAME).stat().st_mode & 0o077 == 0 and hashed("s") != "s"
    kitchen = found.known("kitchen", "s")
    assert kitchen and kitchen.may_say("trivium/kitchen/p/events") and not kitchen.may_say("trivium/kitchen2/p/events")
    assert not kitchen.may_hear("trivium/#") and not kitchen.may_hear("trivium/+/events")
    assert kitchen.may_hear("trivium/kitchen/#")
    for secret in ("", None, "t", kitchen.hash):
        assert found.known("kitchen", secret) is None
    accounts.write(tmp_path, [Account("other", hashed(""), (), ())])
    assert found.known("kitchen", "s") is None and found.known("other", "") is None
    (tmp_path / accounts.NAME).write_text('[{"name": "kitchen"')
    assert found.known("kitchen", "s") is None and found.all == {}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Embedded]:
    pytest.importorskip("paho.mqtt.client", reason='needs pip install "trivium[mqtt]"')
    found = Embedded(tmp_path)
    yield found
    found.stop()


def test_what_a_device_may_not_is_refused_and_said(broker: Embedded) -> None:
    everybody = Somebody(broker, "studio", "trivium/#")
    kitchen = Somebody(broker, "kitchen", "trivium/#", "trivium/kitchen/#", will="trivium/cellar/available")
    cellar = Somebody(broker, "cellar", "trivium/cellar/#")
    try:
        assert kitchen.answers == [False, True]
        kitchen.say("trivium/cellar/p/events", "posing")
        kitchen.say("trivium/kitchen/p/events", "own")
        cellar.say("trivium/cellar/p/events", b"x" * (MOST_BYTES + 1))
        assert cellar.ended.wait(30)
        patiently(lambda: everybody.heard and "cut off" in broker.refused("cellar"))
        assert everybody.heard == [("trivium/kitchen/p/events", "own")] == kitchen.heard
        for words in ("say something on trivium/cellar/p/events", "hear something on trivium/#",
                      "last words on trivium/cellar/available"):
            assert words in broker.refused("kitchen")
        for name, secret in (("kitchen", "guess"), ("kitchen", ""), ("nobody", "x")):
            assert "Not authorized" in Somebody(broker, name, password=secret).refused
        patiently(lambda: "wrong name or password" in broker.refused("somebody unknown"))
    finally:
        for each in (everybody, kitchen, cellar):
            each.close()


def test_a_credential_that_is_taken_back_closes_its_door_at_once(broker: Embedded) -> None:
    everybody = Somebody(broker, "studio", "trivium/#")
    kitchen, cellar = (Somebody(broker, name, f"trivium/{name}/#") for name in ("kitchen", "cellar"))
    try:
        broker.let_in("kitchen", "cellar", kitchen="another")  # as if it had been revoked and had joined once more
        assert kitchen.ended.wait(30)
        patiently(lambda: kitchen.refused)
        patiently(lambda: "shown the door" in broker.refused("kitchen"))
        cellar.say("trivium/cellar/p/events", "still here")
        patiently(lambda: everybody.on("trivium/cellar/p/events"))
        assert not cellar.ended.is_set()
    finally:
        for each in (everybody, kitchen, cellar):
            each.close()


def test_nobody_ends_or_inherits_anothers_session_by_its_name(broker: Embedded) -> None:
    """What amqtt alone allows: it looks a client's session up before it knows who asks."""
    kitchen = Somebody(broker, "kitchen", "trivium/kitchen/#", name="the-one", lasting=True)
    kitchen.say("trivium/kitchen/kept", "for those who may", kept=True)
    patiently(lambda: kitchen.heard)
    wrong = Somebody(broker, "nobody", password="guess", name="the-one")
    posing = Somebody(broker, "cellar", "trivium/cellar/#", name="the-one", lasting=True)
    posing.close()
    again = Somebody(broker, "cellar", "trivium/cellar/#", name="the-one", lasting=True)  # back: amqtt offers it all
    try:
        assert wrong.refused
        kitchen.say("trivium/kitchen/p/events", "after")
        patiently(lambda: kitchen.on("trivium/kitchen/p/events"))
        assert not kitchen.ended.is_set()
        again.say("trivium/cellar/own", "x")
        patiently(lambda: again.heard)
        assert again.heard == [("trivium/cellar/own", "x")] and posing.heard == []
    finally:
        kitchen.close()
        again.close()


def test_of_two_connections_by_one_name_the_newer_one_goes_on(broker: Embedded) -> None:
    cellar = Somebody(broker, "cellar", "trivium/cellar/#")
    with socket.create_connection(("127.0.0.1", broker.port)) as old:
        old.sendall(connect("kitchen", "kitchen-secret", 60, will="trivium/kitchen/available", clean=False))
        assert old.recv(4) == b"\x20\x02\x00\x00"
        new = Somebody(broker, "kitchen", "trivium/kitchen/#", name="by-hand", lasting=True)
        try:
            assert old.recv(4) == b""  # it is put out
            cellar.say("trivium/cellar/x", "later")
            patiently(lambda: cellar.heard)
            new.say("trivium/kitchen/x", "here")
            patiently(lambda: new.heard)
            assert new.heard == [("trivium/kitchen/x", "here")]  # and no last words of the old one
        finally:
            new.close()
            cellar.close()


def test_who_falls_silent_is_gone_and_its_last_words_are_heard(broker: Embedded) -> None:
    everybody = Somebody(broker, "studio", "trivium/#")
    try:
        with socket.create_connection(("127.0.0.1", broker.port)) as line:
            line.sendall(connect("kitchen", "kitchen-secret", keepalive=1, will="trivium/kitchen/available"))
            assert line.recv(4) == b"\x20\x02\x00\x00"
            patiently(lambda: everybody.on("trivium/kitchen/available") == ["gone"])  # it said nothing more
    finally:
        everybody.close()


def test_what_is_said_before_the_studio_has_come_in_waits_for_it(broker: Embedded) -> None:
    kitchen = Somebody(broker, "kitchen", "trivium/kitchen/#")
    kitchen.say("trivium/kitchen/p/events", "early")
    patiently(lambda: kitchen.heard)
    studio = Somebody(broker, "studio", "trivium/#", name=accounts.HEARS_AS, lasting=True)
    try:
        patiently(lambda: studio.heard)
        assert studio.heard == [("trivium/kitchen/p/events", "early")]
    finally:
        studio.close()
        kitchen.close()


def test_what_waits_for_a_client_that_is_away_arrives_in_order(broker: Embedded) -> None:
    reader = Somebody(broker, "studio", "trivium/#", name="lasting", lasting=True)
    reader.close()
    kitchen = Somebody(broker, "kitchen", "trivium/kitchen/#")
    for number in range(50):
        kitchen.say("trivium/kitchen/p/events", str(number))
    patiently(lambda: len(kitchen.heard) == 50)
    back = Somebody(broker, "studio", "trivium/#", name="lasting", lasting=True)
    try:
        patiently(lambda: len(back.heard) >= 50)
        assert back.on("trivium/kitchen/p/events") == [str(number) for number in range(50)]
    finally:
        back.close()
        kitchen.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff\xff", b"\x10\xff\xff\xff\x7f"
                                  + b"\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01a", b"\x30\x03\x00\x01a"])
def test_noise_spoils_nothing(broker: Embedded, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", broker.port)) as line:
        line.sendall(sent)
    kitchen = Somebody(broker, "kitchen", "trivium/kitchen/#")
    kitchen.say("trivium/kitchen/p", "well")
    patiently(lambda: kitchen.heard)
    kitchen.close()


def connect(user: str, secret: str, keepalive: int, will: str, clean: bool = True) -> bytes:
    """A CONNECT packet by hand (MQTT 3.1.1, section 3.1)."""
    def text(value: str) -> bytes:
        return struct.pack("!H", len(value)) + value.encode()

    body = text("MQTT") + bytes([4, 0b11000110 if clean else 0b11000100]) + struct.pack("!H", keepalive)
    body += text("by-hand") + text(will) + text("gone") + text(user) + text(secret)
    return bytes([0x10, len(body)]) + body
