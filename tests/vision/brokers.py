"""Brokers of a test's own, each with three accounts: two devices that write what is theirs, and who reads it all."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trivium.core import files
from trivium.vision.broker import accounts, program
from trivium.vision.broker.accounts import Account, hashed

DEVICES = ("kitchen", "cellar")
NEEDS_AMQTT = 'the embedded broker needs amqtt: pip install "trivium[mqtt]"'
PATIENCE_S, TRIES = 60.0, 10


def secret_of(name: str) -> str:
    return f"{name}-secret"


class Broker:
    """A process that listens at `port`."""

    port = 0
    process: subprocess.Popen[Any]

    def stop(self) -> None:
        """Shoot it down."""
        self.process.kill()
        self.process.communicate()

    def url(self, user: str, password: str | None = None) -> str:
        return f"mqtt://{user}:{password or secret_of(user)}@127.0.0.1:{self.port}"


class Embedded(Broker):
    """Ours."""

    def __init__(self, folder: Path) -> None:
        needs_amqtt()
        self.folder = folder / "broker"
        self.folder.mkdir()
        self.let_in(*DEVICES)
        self.start()

    def let_in(self, *devices: str, **secrets: str) -> None:
        """From now on these devices, and whoever reads it all; another secret than the usual one by name."""
        everything = ("trivium/#", "$aws/#", "deeplens/#")
        accounts.write(self.folder, [
            Account("studio", hashed(secret_of("studio")), everything, everything),
            *(accounts.of_device(name, hashed(secrets.get(name, secret_of(name)))) for name in devices)])

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "trivium.vision.broker.program", str(self.folder), "127.0.0.1",
             str(self.port)], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.port = patiently(lambda: self.said().get("pid") == self.process.pid and self.said()["port"])

    def said(self) -> dict[str, Any]:
        """What it says of itself."""
        path = self.folder / program.OWN / program.STATUS
        return files.read_json(path) if path.is_file() else {}

    def refused(self, account: str) -> str:
        """What it refused this account, all of it."""
        return "; ".join(row["what"] for row in self.said()["refused"] if row["account"] == account)


class Mosquitto(Broker):
    """The system's, with the rights that docs/vision.md recommends."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        maker = shutil.which("mosquitto_passwd")
        if found is None or maker is None:
            sentence = "Mosquitto is not installed, so publishing can't be tried. Debian: sudo apt install mosquitto"
            assert os.environ.get("CI") != "true", sentence
            pytest.skip(sentence)
        self.program, self.folder = found, folder
        passwords, rights = folder / "passwords", folder / "acl"
        passwords.touch(0o600)
        for name in (*DEVICES, "studio"):
            subprocess.run([maker, "-b", str(passwords), name, secret_of(name)], check=True, capture_output=True)
        rights.write_text("pattern write trivium/%u/#\npattern write $aws/things/%u/infer\npattern write "
                          "deeplens/%u/infer\nuser studio\ntopic read trivium/#\ntopic read $aws/#\ntopic read "
                          "deeplens/#\n")
        rights.chmod(0o600)
        self.start()

    def start(self) -> None:
        """Listen at the port of before, at first at a free one.

        Mosquitto can't be given a free port by the system, so one is looked for; where somebody else has taken it since
        it ends, and the next one is tried. That it listens itself it says in its log.
        """
        config, log = self.folder / "mosquitto.conf", self.folder / "mosquitto.log"
        for _ in range(TRIES):
            port = self.port or free_port()
            log.write_text("")
            config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous false\nuser root\nlog_dest file {log}\n"
                              f"password_file {self.folder / 'passwords'}\nacl_file {self.folder / 'acl'}\n")
            self.process = subprocess.Popen([self.program, "-c", str(config)], stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL)
            patiently(lambda: self.process.poll() is not None or " running" in log.read_text())
            if self.process.poll() is None:
                self.port = port
                return
            time.sleep(0.2)
        raise AssertionError(f"Mosquitto does not start: {log.read_text()}")


def needs_amqtt() -> None:
    """Skip where it is not installed; in CI it must be."""
    try:
        import amqtt  # noqa: F401
    except ImportError:
        assert os.environ.get("CI") != "true", NEEDS_AMQTT
        pytest.skip(NEEDS_AMQTT)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def patiently(holds: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
    return found


class Somebody:
    """A client by another program: paho."""

    def __init__(self, broker: Broker | Any, user: str, *hears: str, password: str | None = None, name: str = "",
                 lasting: bool = False, will: str | None = None, keepalive: int = 30) -> None:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self.heard: list[tuple[str, str]] = []
        self.answers: list[bool] = []  # to what it wanted to hear
        self.ready, self.ended = threading.Event(), threading.Event()
        self.refused = ""
        self.hears = hears
        self.client: Any = Client(CallbackAPIVersion.VERSION2, name, clean_session=not lasting)
        self.client.username_pw_set(user, secret_of(user) if password is None else password)
        if will is not None:
            self.client.will_set(will, "gone", 1, True)
        self.client.on_connect, self.client.on_subscribe = self._connected, self._answered
        self.client.on_disconnect = lambda *_: self.ended.set()
        self.client.on_message = lambda _c, _d, message: self.heard.append((message.topic, message.payload.decode()))
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", broker.port, keepalive)
        self.client.loop_start()
        patiently(lambda: self.ready.is_set() or self.refused)
        if self.refused:
            self.close()  # or it would try again for ever, in the middle of other tests

    def _connected(self, client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.refused = str(reason)
        elif self.hears:
            client.subscribe([(each, 1) for each in self.hears])
        else:
            self.ready.set()

    def _answered(self, _client: Any, _data: Any, _mid: Any, reasons: Any, _properties: Any) -> None:
        self.answers = [not reason.is_failure for reason in reasons]
        self.ready.set()

    def say(self, topic: str, payload: str | bytes, kept: bool = False) -> None:
        self.client.publish(topic, payload, 1, kept)

    def on(self, topic: str) -> list[str]:
        return [text for place, text in self.heard if place == topic]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def shoot(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGKILL)
