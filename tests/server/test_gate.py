"""Nobody comes in without a sign-in, from a foreign name or by a foreign page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.server.conftest import BASE, TestClient, WebSocketDenialResponse
from trivium.server.gate import DEVICES, PUBLIC

WS = BASE.replace("http", "ws")


def routes(app: FastAPI) -> Iterator[tuple[str, str, set[str]]]:
    """Name, path and methods of every route, however deeply it is included."""
    for context in iter_route_contexts(app.routes):
        route: Any = context
        yield route.name, route.path, set(getattr(route, "methods", None) or {"WEBSOCKET"})


def test_every_route_but_the_public_ones_needs_a_sign_in(app: FastAPI, visitor: TestClient) -> None:
    assert set(PUBLIC) == {"healthz", "pages", "get_shared_composition"}  # a longer list is a decision, not a slip
    seen = set()
    for name, path, methods in routes(app):
        seen.add(name)
        if name in PUBLIC or path.startswith(DEVICES):  # devices have credentials: tests/vision/test_agent.py
            continue
        path = re.sub(r"{[a-z_:]+}", "x", path)
        for method in methods - {"WEBSOCKET"}:
            answer = visitor.request(method, path)
            assert answer.status_code == 401, (method, path)
            if method != "HEAD":
                assert answer.json()["code"] == "not_signed_in"
        if "WEBSOCKET" in methods:
            with pytest.raises(WebSocketDenialResponse) as refused, visitor.websocket_connect(WS + path):
                pass
            assert refused.value.json()["code"] == "not_signed_in"
    assert {
        "healthz",
        "pages",
        "list_runs",
        "stream_events",
        "watch_run",
        "create_training",
        "openapi",
    } <= seen


def test_the_public_ones_do_not(visitor: TestClient) -> None:
    assert visitor.get("/healthz").json()["ok"] is True
    assert visitor.get("/racing").headers["content-type"].startswith("text/html")


def test_the_printed_link_becomes_a_cookie_and_leaves_the_address_bar(
    app: FastAPI, visitor: TestClient
) -> None:
    answer = visitor.get(f"/racing?token={app.state.access.token}&tab=2", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/racing?tab=2")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert visitor.get("/api/v1/runs").status_code == 200


def test_the_link_opens_a_second_browser_too(app: FastAPI, client: TestClient) -> None:
    client.cookies.clear()
    assert client.get("/api/v1/runs").status_code == 401
    client.get(f"/?token={app.state.access.token}")
    assert client.get("/api/v1/runs").status_code == 200


def test_an_old_link_says_where_the_new_one_is(visitor: TestClient) -> None:
    answer = visitor.get("/?token=yesterdays")
    assert answer.status_code == 401
    assert "newest address" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "x", "\udcff".encode("utf-8", "surrogateescape").hex()])
def test_wrong_bearer_tokens(visitor: TestClient, token: str) -> None:
    assert visitor.get("/api/v1/runs", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_programs_may_send_the_token_as_bearer(app: FastAPI, visitor: TestClient) -> None:
    header = {"Authorization": f"Bearer {app.state.access.token}"}
    assert visitor.get("/api/v1/runs", headers=header).status_code == 200


def test_only_a_hash_of_the_session_is_stored(app: FastAPI, client: TestClient) -> None:
    value = client.cookies[app.state.access.cookie_name]
    stored = (app.state.settings.data / "trivium.db").read_bytes()
    stored += (app.state.settings.data / "trivium.db-wal").read_bytes()
    assert value.encode() not in stored


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "", "localhost.evil"]
)
def test_a_foreign_name_for_this_machine_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/api/v1/runs", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8470", "[::1]:8470", "[::1]"])
def test_the_names_of_this_machine_are_taken(visitor: TestClient, host: str) -> None:
    assert visitor.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1:8470.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_page_changes_nothing(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.put("/api/v1/racing/rewards/mine", json={"code": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_origin")


def test_our_own_page_may(client: TestClient) -> None:
    answer = client.put(
        "/api/v1/racing/rewards/mine",
        json={"code": "x = 1"},
        headers={"Origin": BASE, "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("address", "headers", "code"),
    [(WS, {"Origin": "http://evil.example"}, "wrong_origin"), ("ws://evil.example", {}, "wrong_host")],
)
def test_a_foreign_page_opens_no_live_view(
    client: TestClient, address: str, headers: dict[str, str], code: str
) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(f"{address}/api/v1/runs/x/live", headers=headers),
    ):
        pass
    assert refused.value.json()["code"] == code


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/runs", "/api/v1/nothing"])
def test_every_answer_carries_the_protecting_headers(visitor: TestClient, path: str) -> None:
    headers = visitor.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    # WebAssembly may start (it unpacks the instruments' samples), but no text is ever run as a script.
    assert "script-src 'self' 'wasm-unsafe-eval';" in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert "access-control-allow-origin" not in headers
