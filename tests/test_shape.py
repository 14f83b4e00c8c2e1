"""The shape of the project: what a newcomer may rely on without reading everything, checked by machine."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from trivium import catalog
from trivium.core.studio import resolve
from trivium.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("config", "data", "models", "train", "evaluate", "deploy", "api")
MAX_LINES = 400
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}

EVERY_STUDIO = (*catalog.STUDIOS, *catalog.WITHOUT_PAGES)
CONFIGS = sorted({target for studio in EVERY_STUDIO for target in studio.configs.values()})


def tracked(*suffixes: str) -> list[Path]:
    """The project's files: those that git knows, or in an unpacked archive all that are not built."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True)
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        built = {".venv", "node_modules", "static", "__pycache__", "test-results"}
        paths = [path for path in ROOT.rglob("*") if not built & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def documentation() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


def models_of(config: type[BaseModel]) -> list[type[BaseModel]]:
    """A config class and every model that one of its fields holds, however deep."""
    found: list[type[BaseModel]] = []

    def walk(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation not in found:
                found.append(annotation)
                for info in annotation.model_fields.values():
                    walk(info.annotation)
        else:
            for part in getattr(annotation, "__args__", ()):
                walk(part)

    walk(config)
    return found


CONFIG_FIELDS = sorted({(model, name) for target in CONFIGS for model in models_of(resolve(target))
                        for name in model.model_fields}, key=lambda pair: (pair[0].__name__, pair[1]))


@pytest.mark.parametrize("studio", EVERY_STUDIO, ids=lambda studio: studio.id)
@pytest.mark.parametrize("stage", STAGES)
def test_each_studio_has_the_same_names(studio: Any, stage: str) -> None:
    if stage != "api" and not studio.entries:
        pytest.skip(f"{studio.title} trains nothing yet")
    if stage == "api" and studio in catalog.WITHOUT_PAGES:
        pytest.skip(f"{studio.title} has no routes yet")
    # a studio with several trainings has, for each, a folder with the rooms that are its own
    own = {entry.partition(":")[0].rpartition(".")[0] for entry in studio.entries.values()}
    studio_wide = importlib.util.find_spec(f"trivium.{studio.id}.{stage}") is not None
    missing = [folder for folder in own if importlib.util.find_spec(f"{folder}.{stage}") is None]
    assert studio_wide or (own and not missing), f"no {stage}.py in {missing}"


@pytest.mark.parametrize("studio", EVERY_STUDIO, ids=lambda studio: studio.id)
def test_each_row_of_the_catalog_leads_somewhere(studio: Any) -> None:
    api = [] if studio in catalog.WITHOUT_PAGES else [studio.api]
    spare = [studio.spare] if studio.spare else []
    targets = [*studio.entries.values(), *studio.configs.values(), *api, *spare, studio.commands]
    assert set(studio.entries) == set(studio.configs)
    for target in targets:
        assert resolve(target) is not None


def test_each_studio_with_kernels_compiles_them_before_anybody_waits() -> None:
    compiled = {path.relative_to(ROOT / "src" / "trivium").parts[0] for path in (ROOT / "src").rglob("*.py")
                if "from numba import njit" in path.read_text(encoding="utf-8")}
    assert compiled == {studio.id for studio in catalog.STUDIOS if studio.warm}
    for studio in catalog.STUDIOS:
        assert not studio.warm or callable(resolve(f"{studio.warm}:main"))


def test_no_file_has_outgrown_its_room() -> None:
    generated = {"schema.d.ts"}
    lines = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
             for path in tracked(".py", ".ts", ".svelte", ".css") if path.name not in generated}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def test_files_are_named_by_what_they_hold() -> None:
    vague = [path.relative_to(ROOT).as_posix() for path in tracked(".py", ".ts", ".svelte")
             if path.stem.lower() in VAGUE_NAMES]
    assert vague == []


def test_every_module_says_what_it_is() -> None:
    sources = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").strip()
               for path in tracked(".py")}
    assert [name for name, source in sources.items() if source and not source.startswith('"""')] == []


@pytest.mark.parametrize("module", ["trivium", "trivium.cli", "trivium.catalog", "trivium.racing.config",
                                    "trivium.racing.api", "trivium.music.api", "trivium.vision",
                                    "trivium.vision.classification.config", "trivium.vision.stream.model",
                                    "trivium.server.app"])
def test_importing_it_loads_neither_torch_nor_numba(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{'torch', 'numba', 'llvmlite'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(("model", "name"), CONFIG_FIELDS,
                         ids=[f"{model.__name__}.{name}" for model, name in CONFIG_FIELDS])
def test_every_setting_of_a_studio_explains_itself(model: type[BaseModel], name: str) -> None:
    info = model.model_fields[name]
    assert info.title and info.title.strip()
    assert info.description and info.description.strip().endswith(".")
    assert not info.is_required(), f"{model.__name__}.{name} has no default"
    is_group = isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    shown = model.model_json_schema()["properties"][name]
    assert is_group or "default" in shown, f"{model.__name__}.{name}: forms cannot see its default"


def test_every_setting_of_a_studio_is_in_the_docs() -> None:
    text = documentation()
    assert [f"{model.__name__}.{name}" for model, name in CONFIG_FIELDS if f"`{name}`" not in text] == []


def test_every_setting_of_the_server_is_in_the_docs() -> None:
    text = documentation()
    assert [field.name for field in dataclasses.fields(Settings) if f"--{field.name}" not in text] == []


def test_every_environment_variable_is_in_the_docs() -> None:
    used = {name for path in tracked(".py", ".ts") if "tests" not in path.relative_to(ROOT).parts
            for name in re.findall(r"env\w*[.(\[].{0,8}\b(TRIVIUM_[A-Z_]+)\b", path.read_text(encoding="utf-8"))}
    text = documentation() + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {name for name in used if f"`{name}" not in text} == set()


def test_every_route_is_in_the_docs() -> None:
    text = documentation()
    paths = json.loads(importlib.import_module("trivium.server.openapi").text())["paths"]
    routes = sorted(f"{method.upper()} {path}" for path, methods in paths.items() for method in methods)
    assert routes
    assert [route for route in routes if f"`{route}`" not in text] == []


def test_every_command_is_in_the_docs() -> None:
    text = documentation()
    commands = leaf_commands(resolve("trivium.cli:main"), "trivium")
    assert "trivium up" in commands
    assert [command for command in commands if command not in text] == []


def leaf_commands(group: Any, name: str) -> list[str]:
    import click

    context = click.Context(group, info_name=name)
    found = []
    for child_name in group.list_commands(context):
        child = group.get_command(context, child_name)
        if child is None or child.hidden:
            continue
        path = f"{name} {child_name}"
        found += leaf_commands(child, path) if isinstance(child, click.Group) else [path]
    return found


def test_every_track_has_a_card() -> None:
    tracks = importlib.import_module("trivium.racing.tracks.loading")
    cards = tracks.gallery()
    assert len(cards) >= 8
    for card in cards:
        loaded = tracks.load_track(card.id)
        assert loaded.card == card
        for heading, text in card.sections(loaded):
            assert heading and text.strip(), f"{card.id}: {heading} is empty"


def test_every_track_is_in_the_docs() -> None:
    text = documentation()
    cards = importlib.import_module("trivium.racing.tracks.loading").gallery()
    assert [card.id for card in cards if f"`{card.id}`" not in text] == []


def test_each_link_between_documents_leads_to_a_file() -> None:
    broken = []
    for path in tracked(".md"):
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert broken == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    # written in two halves, so that this file does not find itself
    forbidden = ["/wo" + "rk/", "pypi" + ".org", "python" + "hosted.org", "npm" + "js.org",
                 "npm" + "js.com", "/tmp/" + "t/", "/bash" + "_jobs", "farm" + "-studio", "farm" + "-bench"]
    binary = {".png", ".jpg", ".npy", ".npz", ".ico", ".woff2", ".glb", ".mp4", ".safetensors", ".onnx"}
    text_files = [path for path in tracked() if path.suffix not in binary]
    found = [f"{path.relative_to(ROOT)}: {word}" for path in text_files
             for word in forbidden if word in path.read_text(encoding="utf-8", errors="replace")]
    assert found == []
