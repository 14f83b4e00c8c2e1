"""The 3-D view is drawn by the graphics card, or by the processor where there is none or it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e import pages
from tests.e2e.conftest import picture

# This browser's WebGL runs on the processor; it says that it is a card, so that the page takes it for one.
PRETEND_A_CARD = """
for (const gl of [WebGLRenderingContext, WebGL2RenderingContext]) {
  const ask = gl.prototype.getParameter;
  gl.prototype.getParameter = function (name) {
    return [0x9246, 0x1f01].includes(name) ? "Some graphics card" : ask.call(this, name);
  };
}
const open = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
  return open.call(this, kind, { ...options, failIfMajorPerformanceCaveat: false });
};
"""
DRAWN_BY = """canvas => canvas.getContext("2d") ? "processor" : canvas.getContext("webgl2") ? "card" : "nobody" """
LOSE = """canvas => canvas.getContext("webgl2").getExtension("WEBGL_lose_context").loseContext()"""


def test_without_a_graphics_card_the_processor_paints_the_scene(visit: Callable[..., Any]) -> None:
    page = visit("/racing/tracks/oval")
    scene = page.get_by_role("application").first
    scene.wait_for()
    page.wait_for_timeout(500)
    assert scene.evaluate(DRAWN_BY) == "processor"
    assert pages.colours(scene) > 20
    picture(page, "scene-painted")


def test_a_graphics_card_draws_the_scene_and_when_it_gives_up_the_processor_goes_on(visit: Callable[..., Any]) -> None:
    page = visit("/racing/tracks")
    page.context.add_init_script(PRETEND_A_CARD)
    page.goto(page.url + "/oval")
    scene = page.get_by_role("application").first
    scene.wait_for()
    page.wait_for_timeout(1000)
    assert scene.evaluate(DRAWN_BY) == "card"
    assert pages.colours(scene) > 20
    picture(page, "scene-webgl")
    scene.evaluate(LOSE)
    page.wait_for_function(f"({DRAWN_BY})(document.querySelector('canvas[role=application]')) === 'processor'")
    page.wait_for_timeout(500)
    assert pages.colours(page.get_by_role("application").first) > 20
