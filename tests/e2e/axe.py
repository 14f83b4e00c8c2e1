"""What axe-core, the checker that browsers' own tools use, has against a page as it is now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.conftest import ROOT, missing

if TYPE_CHECKING:
    from playwright.sync_api import Page

SOURCE: Path = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
# what keeps somebody out; axe's milder remarks are advice
GRAVE = {"serious", "critical"}


def violations(page: Page, *only: str) -> list[str]:
    """Each grave violation in a line: the rule, what it asks for, and the elements that break it.

    `only` names the rules to go by; without it, all of them.
    """
    if not SOURCE.is_file():
        missing("axe-core is not installed", "Install it with: npm --prefix web install")
    # evaluated, not added as a script: the pages' content security policy takes scripts of its own only
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "(options) => axe.run(document, options).then((result) => result.violations)",
        {"resultTypes": ["violations"], **({"runOnly": list(only)} if only else {})})
    return [f"{one['id']} ({one['help']}): " + "; ".join(_where(node) for node in one["nodes"][:6])
            for one in found if one["impact"] in GRAVE]


def _where(node: dict[str, Any]) -> str:
    because = (node["any"] or node["all"] or node["none"])[0]["message"]
    return f"{node['target'][-1]} {node['html'][:90]} [{because}]"
