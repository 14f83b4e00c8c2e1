"""A small S3 server in a thread: objects by path, listing by prefix, one bucket; enough for what the studio asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET = "mine"
NO_BUCKET = b"<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>"
NO_KEY = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"


class SmallBucket(ThreadingHTTPServer):
    """What it holds is in `objects`; with `is_closed` it refuses everybody."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.objects: dict[str, bytes] = {}
        self.is_closed = False

    @property
    def environment(self) -> dict[str, str]:
        return {"TRIVIUM_BUCKET": f"s3://{BUCKET}/studio", "AWS_ENDPOINT": f"http://127.0.0.1:{self.server_port}",
                "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


class Door(BaseHTTPRequestHandler):
    """The four requests."""

    server: SmallBucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.key is not None and not self.server.is_closed:
            self.server.objects[self.key] = content
        self.answer(b"")

    def do_GET(self) -> None:
        if self.key == "":
            prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
            self.answer(self.listing(prefix))
        elif self.key in self.server.objects:
            self.answer(self.server.objects[self.key])
        else:
            self.answer(NO_KEY, 404)

    def do_POST(self) -> None:  # delete several
        keys = re.findall(r"<Key>([^<]+)</Key>", self.rfile.read(int(self.headers["Content-Length"])).decode())
        for key in keys if not self.server.is_closed else ():
            self.server.objects.pop(key, None)
        rows = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self.answer(f"<DeleteResult>{rows}</DeleteResult>".encode())

    @property
    def key(self) -> str | None:
        """The object asked for, "" for the list of them, None in another bucket."""
        bucket, _, key = unquote(urlsplit(self.path).path).removeprefix("/").partition("/")
        return key if bucket == BUCKET else None

    def listing(self, prefix: str) -> bytes:
        rows = "".join(f"<Contents><Key>{key}</Key><Size>{len(content)}</Size><ETag>\"{len(content)}\"</ETag>"
                       "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                       for key, content in sorted(self.server.objects.items()) if key.startswith(prefix))
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()

    def answer(self, body: bytes, status: int = 200) -> None:
        if self.key is None:
            body, status = NO_BUCKET, 404
        if self.server.is_closed:
            body, status = b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>", 403
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def small_bucket() -> Iterator[SmallBucket]:
    server = SmallBucket()
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
