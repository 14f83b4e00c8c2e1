"""The broker: amqtt's, with doors of our own.

amqtt 0.12.1 looks a session up before it knows who asks, so that anybody could end or take over another's by its
client id; it sends wills and what it keeps on topics to people who may not, or where they may not; it takes packets of
256 MB, and never ends a connection that has fallen silent. So the methods that do this are ours: a client is known
before anything else happens, its id counts within its account, and every message is judged on its way in and out.
They are private ones, which is why its version is pinned, and none of them waits while it walks a list that another
connection may change.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action
from amqtt.errors import AMQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.disconnect import DisconnectPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler

from trivium.vision.broker.accounts import HEARS, HEARS_AS, STUDIO, Account, Accounts
from trivium.vision.broker.rights import MOST_BYTES, is_filter

MOST_UNDER_WAY = 2000  # messages to one client that it has not taken
MOST_ASLEEP = 5000  # messages kept for a client that is away
MOST_FILTERS, MOST_KEPT_TOPICS, MOST_CONNECTIONS = 200, 10_000, 256
MOST_QUEUED = 500  # messages that wait to be handed out before reading pauses
CONNECT_S, EXPIRY_S = 10.0, 86_400
LOOK_S = 0.2  # how often accounts that are gone are looked for
KNOWN_AS = "trivium.account"  # the hash by which a session came in


class Oversized(Exception):
    """A packet that is too long. No error that amqtt knows: it would read on in the middle of it."""


class Notes:
    """What was refused, newest last; the same thing counts up."""

    def __init__(self, most: int = 50) -> None:
        self.most, self.rows = most, dict[tuple[str, str], dict[str, Any]]()

    def add(self, account: str, what: str) -> None:
        """Note it."""
        row = self.rows.pop((account, what), {"account": account, "what": what, "count": 0})
        self.rows[(account, what)] = {**row, "count": row["count"] + 1, "time": round(time.time(), 3)}
        while len(self.rows) > self.most:
            del self.rows[next(iter(self.rows))]


class Reader(StreamReaderAdapter):
    """Reads no more than a message may have, and not faster than messages go out."""

    def __init__(self, stream: asyncio.StreamReader, busy: Callable[[], bool],
                 note: Callable[[str, str], None]) -> None:
        super().__init__(stream)
        self.busy, self.note, self.session = busy, note, None

    session: Any

    async def read(self, n: int = -1) -> bytes:
        if n > MOST_BYTES or n < 0:
            self.note(account_of(self.session), f"sent a message of more than {MOST_BYTES:,} bytes, and was cut off")
            raise Oversized
        while self.busy() or (self.session and self.session.delivered_message_queue.qsize() > MOST_QUEUED):
            await asyncio.sleep(0.005)
        return bytes(await super().read(n))


class Handler(BrokerProtocolHandler):
    """One connection."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.under_way = 0

    async def mqtt_publish(self, *arguments: Any, **more: Any) -> Any:
        self.under_way += 1
        try:
            return await super().mqtt_publish(*arguments, **more)
        except (AMQTTError, TimeoutError, OSError):
            return None  # whoever does not answer is told again by nobody
        finally:
            self.under_way -= 1

    def handle_read_timeout(self) -> None:
        """Nothing came for one and a half times as long as the client promised: it is gone."""
        if self._reader_task is not None:
            self._reader_task.cancel()


class Doors(Broker):
    """A broker that knows its people."""

    def __init__(self, accounts: Accounts, listener: socket.socket) -> None:
        super().__init__({"listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:0",
                                                    "max_connections": MOST_CONNECTIONS}},
                          "plugins": {}, "session_expiry_interval": EXPIRY_S})
        self.accounts, self.listener, self.notes, self.taken = accounts, listener, Notes(), 0

    async def _start_listeners(self) -> None:
        """What is said before the studio has come in waits for it: devices may be quicker after a fresh start."""
        if (studio := self.accounts.get(STUDIO)) is not None:
            handler, session = self.create_offline_session(f"{STUDIO}/{HEARS_AS}")
            session.username, session.attributes[KNOWN_AS] = STUDIO, studio.hash
            self._sessions[str(session.client_id)] = (session, handler)
            await self.add_subscription((HEARS, 1), session)
        await super()._start_listeners()

    async def _create_server_instance(self, listener_name: str, *_: Any) -> Any:
        return await asyncio.start_server(partial(self.stream_connected, listener_name=listener_name),
                                          sock=self.listener)

    async def stream_connected(self, reader: Any, writer: Any, listener_name: str) -> None:
        await self._client_connected(listener_name, Reader(reader, self._busy, self.notes.add),
                                     StreamWriterAdapter(writer))

    def _busy(self) -> bool:
        return bool(self._broadcast_queue.qsize() > MOST_QUEUED)

    async def _initialize_client_session(self, reader: Any, writer: Any, *_: Any) -> Any:
        """Know who it is before anything else; then find its session."""
        try:
            async with asyncio.timeout(CONNECT_S):
                handler, session = await Handler.init_from_connect(reader, writer, self.plugins_manager)
                if why := self._wrong(session):
                    known = self.accounts.get(session.username)
                    self.notes.add(known.name if known else "somebody unknown", why)
                    await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
                    raise AMQTTError(why)
        except Exception as error:  # whatever somebody unknown sends
            with contextlib.suppress(Exception):
                await asyncio.wait_for(writer.close(), 1.0)
            raise AMQTTError(str(error)) from None
        session.client_id = f"{session.username}/{session.client_id}"
        session.keep_alive = int(session.keep_alive * 1.5)  # [MQTT-3.1.2-24]
        reader.session = session = await self._session_of(session)
        return handler, session

    def _wrong(self, session: Any) -> str | None:
        """Why this one may not come in."""
        account = self.accounts.known(session.username, session.password)
        session.password = None
        if account is None:
            return "came with a wrong name or password"
        session.attributes[KNOWN_AS] = account.hash
        if session.will_flag and not account.may_say(session.will_topic or ""):
            self.notes.add(account.name, f"wanted its last words on {str(session.will_topic)[:100]}, which it may not")
            session.will_flag = False
        return None

    async def _session_of(self, new: Any) -> Any:
        """The session that goes on, or a new one; of two connections with one id the older one ends."""
        session, handler = self._sessions.pop(new.client_id, (None, None))  # the old one finds itself put out
        if session is not None and handler is not None and session.transitions.state == "connected":
            session.transitions.disconnect()
            await handler.handle_connection_closed()
            await handler.stop()
        if session is None or new.clean_session or session.clean_session:
            if session is not None:
                await self._del_all_subscriptions(session)
                session.clear_queues()
            new.parent = 0
            return new
        for name in ("will_flag", "will_message", "will_topic", "will_qos", "will_retain", "keep_alive", "username",
                     "clean_session", "attributes"):
            setattr(session, name, getattr(new, name))
        session.parent = 1
        return session

    async def _handle_disconnect(self, client_session: Any, handler: Any, disconnect_waiter: Any) -> None:
        """A connection has ended: its last words, unless it said goodbye or another one has taken its session over."""
        if self._get_handler(client_session) is handler:
            goodbye = isinstance(disconnect_waiter.result(), DisconnectPacket)
            client_session.transitions.disconnect()  # before anything waits, or it might be another one's session
            if client_session.will_flag and not goodbye:
                words = client_session.will_topic, client_session.will_message, client_session.will_qos
                await self._broadcast_message(client_session, *words)
                if client_session.will_retain:
                    await self.retain_message(client_session, *words)
        await self._stop_handler(handler)

    async def _authenticate(self, session: Any, _: Any) -> bool:
        return self._account(session) is not None

    def _account(self, session: Any) -> Account | None:
        """The session's account, as long as it is the one that it came in by."""
        account = self.accounts.get(session.username)
        return account if account and account.hash == session.attributes.get(KNOWN_AS) else None

    async def _topic_filtering(self, session: Any, topic: str, action: Action) -> bool:
        """Whether this may be said, asked for, or sent. Does not wait."""
        account = self._account(session)
        if account is None:
            return False
        if action is Action.RECEIVE:
            return account.may_hear(topic) and not self._too_slow(session)
        may = account.may_say(topic) if action is Action.PUBLISH else account.may_hear(topic)
        if not may:
            self.notes.add(account.name, f"wanted to {'say' if action is Action.PUBLISH else 'hear'} something on "
                                         f"{topic[:100]}, which it may not")
        return may

    def _too_slow(self, session: Any) -> bool:
        handler = self._get_handler(session)
        slow = (getattr(handler, "under_way", 0) >= MOST_UNDER_WAY
                or session.retained_messages.qsize() >= MOST_ASLEEP)
        if slow:
            self.notes.add(account_of(session), "took its messages too slowly, so some were left out")
        return slow

    async def add_subscription(self, subscription: tuple[str, int], session: Any) -> int:
        held = sum(any(mine is session for mine, _ in each) for each in self._subscriptions.values())
        if not is_filter(subscription[0]) or held >= MOST_FILTERS:
            return 0x80
        return int(await super().add_subscription(subscription, session))

    async def _handle_message_delivery(self, client_session: Any, handler: Any, wait_deliver: Any) -> bool:
        """Hand on what a client says, where it may say it."""
        message = wait_deliver.result()
        if message is None or not await self._topic_filtering(client_session, message.topic or "", Action.PUBLISH):
            return True
        self.taken += 1
        await self._broadcast_message(client_session, message.topic, message.data)
        if message.publish_packet and message.publish_packet.retain_flag and (
                message.topic in self._retained_messages or len(self._retained_messages) < MOST_KEPT_TOPICS):
            await self.retain_message(client_session, message.topic, message.data, message.qos)
        return True

    async def _publish_retained_messages_for_subscription(self, subscription: tuple[str, int], session: Any) -> None:
        """What is kept on topics that this session has asked for; nobody waits until it is taken."""
        wanted, qos = subscription
        handler = self._get_handler(session)
        if handler is None or not any(each is session for each, _ in self._subscriptions.get(wanted, ())):
            return  # amqtt offers everybody's filters to whoever comes back
        for topic, kept in list(self._retained_messages.items()):
            if self._matches(topic, wanted) and await self._topic_filtering(session, topic, Action.RECEIVE):
                self._tasks_queue.append(asyncio.ensure_future(
                    handler.mqtt_publish(topic, kept.data, min(qos, kept.qos or 0), retain=True)))

    async def _publish_session_retained_messages(self, session: Any) -> None:
        """What came while a client was away, a few at a time and in order."""
        handler = self._get_handler(session)
        while handler is not None and not session.retained_messages.empty():
            kept = session.retained_messages.get_nowait()
            if await self._topic_filtering(session, kept.topic, Action.RECEIVE):
                await handler.mqtt_publish(kept.topic, kept.data, kept.qos, retain=False)

    async def watch(self) -> None:
        """Show those the door whose account is gone, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            if not self.accounts.refresh():
                continue
            for client_id, (session, handler) in list(self._sessions.items()):
                if self._account(session) is None:
                    self.notes.add(account_of(session), "was shown the door: its account is gone")
                    await handler.handle_connection_closed()
                    await handler.stop()
                    await self._delete_session(client_id)

    def clients(self) -> list[dict[str, Any]]:
        """Who is here now."""
        return [{"account": session.username, "since": session.last_connect_time}
                for session, _ in self._sessions.values() if session.transitions.state == "connected"]


def account_of(session: Any) -> str:
    """The name of a session's account, for notes."""
    return str(getattr(session, "username", None) or "nobody")[:64]
