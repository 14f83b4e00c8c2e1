"""The pages, and what the studio says about itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.server.conftest import BASE, TestClient
from trivium import __version__
from trivium.errors import PortInUse, StudioError
from trivium.server import openapi
from trivium.server.pages import pages_route
from trivium.server.up import listen, serve
from trivium.settings import Settings


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>the index</title>")
    (folder / "assets" / "app-1a2b.js").write_text("1")
    (folder / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def browser(static: Path) -> TestClient:
    return TestClient(Starlette(routes=[pages_route(static)]), base_url=BASE)


@pytest.mark.parametrize("path", ["/", "/racing", "/racing/runs/01ABC", "/index.html"])
def test_every_page_is_the_index_and_is_asked_for_anew(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    if path == "/index.html":
        assert answer.status_code == 404  # one page, one address
    else:
        assert "the index" in answer.text and answer.headers["cache-control"] == "no-cache"


def test_hashed_files_are_kept_for_good(browser: TestClient) -> None:
    answer = browser.get("/assets/app-1a2b.js")
    assert "immutable" in answer.headers["cache-control"] and "javascript" in answer.headers["content-type"]
    assert browser.get("/favicon.svg").headers["cache-control"] == "no-cache"
    assert browser.head("/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "/%00.txt",
        "/api",
        "/api/x",
        "/" + "x" * 5000 + ".js",
    ],
)
def test_what_is_not_there(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404 and "secret" not in answer.text


def test_pages_that_are_not_built_say_how(tmp_path: Path) -> None:
    browser = TestClient(Starlette(routes=[pages_route(tmp_path)]), base_url=BASE)
    assert "make web" in browser.get("/").text


def test_what_the_studio_says_about_itself(client: TestClient, data: Path) -> None:
    system = client.get("/api/v1/system").json()
    assert (system["version"], system["data_folder"]) == (__version__, str(data))
    assert system["cores"] >= 1 and system["torch"] and system["confinement"]["text"]
    assert [studio["id"] for studio in client.get("/api/v1/studios").json()] == ["racing", "music", "vision", "toy"]


def test_the_written_schema_is_up_to_date() -> None:
    if not openapi.TARGET.parent.is_dir():
        pytest.skip("the web folder is not here: this is not a source checkout")
    assert openapi.main(["--check"]) == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_only_this_machine_is_served(tmp_path: Path, host: str) -> None:
    with pytest.raises(StudioError, match="only listens on this machine"):
        serve(Settings(data=tmp_path, host=host), open_browser=False)
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortInUse, match=f"Port {port} is in use by another program") as refused:
            listen("127.0.0.1", port)
        assert f"--port {port + 1}" in refused.value.hint
