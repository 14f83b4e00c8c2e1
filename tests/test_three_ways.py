"""What the pages can do, the command line and Python can do too: for each route its command and its function."""

from __future__ import annotations

import importlib
import json
from typing import Any

import click
import pytest

from trivium.core.studio import resolve

RACING, RUNS = "/api/v1/racing", "/api/v1/runs"
MUSIC, ENTRIES = "/api/v1/music", "trivium.music.challenges.entries:Challenges"
ONE, VOTING = f"{MUSIC}/challenges/{{challenge_id}}", "trivium.music.challenges.voting:Voting"
VISION = "/api/v1/vision"
CALLS, ON_DEVICE = "trivium.vision.devices.calls", f"{VISION}/devices/{{device_id}}/projects"
BROKER = "trivium.vision.broker.calls"
PROJECT, LEARNED = f"{VISION}/projects/{{name}}", f"{VISION}/trainings/{{run_id}}"
ROOMS = ("challenge", "composing", "techniques", "set", "making", "training", "schema")  # of the music studio
# route -> the command, and where its function is; arguments and options of commands stand behind it
WAYS: dict[str, tuple[str, str]] = {
    "GET /healthz": ("trivium doctor", "trivium.doctor:examine"),
    "GET /api/v1/system": ("trivium doctor", "trivium.doctor:examine"),
    "GET /api/v1/studios": ("trivium --help", "trivium.catalog:STUDIOS"),
    "GET /api/v1/events": ("trivium runs watch", "trivium.runs:watch"),
    f"GET {RUNS}": ("trivium runs list", "trivium.runs:list"),
    f"GET {RUNS}/compare": ("trivium runs compare", "trivium.runs:compare"),
    f"GET {RUNS}/{{run_id}}": ("trivium runs show", "trivium.runs:show"),
    f"PATCH {RUNS}/{{run_id}}": ("trivium runs rename", "trivium.runs:rename"),
    f"DELETE {RUNS}/{{run_id}}": ("trivium runs delete", "trivium.runs:delete"),
    f"POST {RUNS}/{{run_id}}/start": ("trivium runs resume", "trivium.runs:resume"),
    f"POST {RUNS}/{{run_id}}/resume": ("trivium runs resume", "trivium.runs:resume"),
    f"POST {RUNS}/{{run_id}}/stop": ("trivium runs stop", "trivium.runs:stop"),
    f"POST {RUNS}/{{run_id}}/clone": ("trivium runs clone", "trivium.runs:clone"),
    f"GET {RUNS}/{{run_id}}/metrics": ("trivium runs metrics", "trivium.runs:metrics"),
    f"GET {RUNS}/{{run_id}}/events": ("trivium runs events", "trivium.runs:events"),
    f"GET {RUNS}/{{run_id}}/files": ("trivium runs files", "trivium.runs:files"),
    f"GET {RUNS}/{{run_id}}/files/{{path}}": ("trivium runs files", "trivium.runs:folder"),
    f"GET {RACING}/schema": ("trivium racing settings", "trivium.racing:settings"),
    f"GET {RACING}/tracks": ("trivium racing tracks", "trivium.racing:tracks"),
    f"GET {RACING}/tracks/{{track_id}}": ("trivium racing tracks", "trivium.racing:load_track"),
    f"POST {RACING}/tracks:preview": ("trivium racing tracks", "trivium.racing:load_track"),
    f"POST {RACING}/tracks": ("trivium racing tracks --import", "trivium.racing:import_track"),
    f"DELETE {RACING}/tracks/{{track_id}}": ("trivium racing tracks --delete", "trivium.racing:delete_track"),
    f"GET {RACING}/rewards": ("trivium racing rewards", "trivium.racing:rewards"),
    f"PUT {RACING}/rewards/{{name}}": ("trivium racing rewards --save", "trivium.racing:save_reward"),
    f"DELETE {RACING}/rewards/{{name}}": ("trivium racing rewards --delete", "trivium.racing:delete_reward"),
    f"POST {RACING}/rewards:validate": ("trivium racing validate", "trivium.racing:validate"),
    f"POST {RACING}/trainings": ("trivium racing train", "trivium.racing:train"),
    f"POST {RACING}/evaluations": ("trivium racing evaluate", "trivium.racing:evaluate"),
    f"GET {MUSIC}/techniques": ("trivium music compose", "trivium.music.techniques:TECHNIQUES"),
    f"POST {MUSIC}/composings": ("trivium music compose", "trivium.music:compose"),
    f"GET {MUSIC}/composings/{{run_id}}": ("trivium music story", "trivium.music:story"),
    f"POST {MUSIC}/composings/{{run_id}}/keep": ("trivium music keep --without", "trivium.music:keep"),
    f"GET {MUSIC}/schema": ("trivium music settings", "trivium.music:settings"),
    f"GET {MUSIC}/set-sources": ("trivium music data --bach", "trivium.music.dataset.views:sources"),
    f"GET {MUSIC}/sets": ("trivium music data", "trivium.music:training_sets"),
    f"POST {MUSIC}/sets": ("trivium music data --chorales", "trivium.music:prepare"),
    f"POST {MUSIC}/sets:upload": ("trivium music data --out", "trivium.music:prepare"),
    f"GET {MUSIC}/sets/{{name}}": ("trivium music data --show", "trivium.music:set_report"),
    f"GET {MUSIC}/sets/{{name}}/pieces/{{index}}": ("trivium music data --piece", "trivium.music:set_piece"),
    f"DELETE {MUSIC}/sets/{{name}}": ("trivium music data --delete", "trivium.music:delete_set"),
    f"GET {MUSIC}/makings": ("trivium music data --out", "trivium.music:prepare"),
    f"GET {MUSIC}/makings/{{making_id}}": ("trivium music data --out", "trivium.music:prepare"),
    f"DELETE {MUSIC}/makings/{{making_id}}": ("trivium music data --out", "trivium.music:prepare"),  # Ctrl-C
    f"POST {MUSIC}/trainings": ("trivium music train", "trivium.music:train"),
    f"GET {MUSIC}/trainings/{{run_id}}/samples": ("trivium music samples", "trivium.music:sample"),
    f"GET {MUSIC}/trainings/{{run_id}}/samples/{{step}}": ("trivium music samples --step", "trivium.music:sample"),
    f"GET {MUSIC}/challenge-themes": ("trivium music challenges themes", "trivium.music.challenges.themes:THEMES"),
    f"GET {MUSIC}/challenges": ("trivium music challenges list", f"{ENTRIES}.list"),
    f"POST {MUSIC}/challenges": ("trivium music challenges open", f"{ENTRIES}.create"),
    f"GET {ONE}": ("trivium music challenges show", f"{ENTRIES}.get"),
    f"DELETE {ONE}": ("trivium music challenges delete", f"{ENTRIES}.delete"),
    f"POST {ONE}/close": ("trivium music challenges close", f"{ENTRIES}.close"),
    f"POST {ONE}/entries": ("trivium music challenges submit", f"{ENTRIES}.submit"),
    f"GET {ONE}/entries/{{entry_id}}": ("trivium music challenges entry --out", f"{ENTRIES}.entry"),
    f"DELETE {ONE}/entries/{{entry_id}}": ("trivium music challenges withdraw", f"{ENTRIES}.withdraw"),
    f"GET {ONE}/ballot": ("trivium music challenges ballot", f"{VOTING}.ballot"),
    f"POST {ONE}/votes": ("trivium music challenges vote", f"{VOTING}.vote"),
    f"POST {ONE}/finish": ("trivium music challenges finish", f"{VOTING}.finish"),
    f"GET {ONE}/results": ("trivium music challenges results", f"{VOTING}.results"),
    f"GET {MUSIC}/compositions/{{composition_id}}/judge": ("trivium music judge", "trivium.music:judge"),
    f"GET {VISION}/projects": ("trivium vision projects", "trivium.vision:projects"),
    f"POST {VISION}/projects": ("trivium vision projects --create", "trivium.vision:create_project"),
    f"GET {PROJECT}": ("trivium vision projects", "trivium.vision:report"),
    f"DELETE {PROJECT}": ("trivium vision projects --delete", "trivium.vision:delete_project"),
    f"GET {PROJECT}/export-formats": ("trivium vision export --format", "trivium.vision:export_project"),
    f"GET {PROJECT}/export": ("trivium vision export --out", "trivium.vision:export_project"),
    f"GET {PROJECT}/findings": ("trivium vision projects", "trivium.vision:report"),
    f"POST {PROJECT}/classes": ("trivium vision classes --add", "trivium.vision:classes"),
    f"POST {PROJECT}/classes:rename": ("trivium vision classes --rename", "trivium.vision:classes"),
    f"POST {PROJECT}/classes:delete": ("trivium vision classes --delete", "trivium.vision:classes"),
    f"POST {PROJECT}/imports": ("trivium vision import --class", "trivium.vision:import_photos"),
    f"GET {VISION}/imports": ("trivium vision import", "trivium.vision:import_photos"),
    f"GET {VISION}/imports/{{import_id}}": ("trivium vision import", "trivium.vision:import_photos"),
    f"DELETE {VISION}/imports/{{import_id}}": ("trivium vision import", "trivium.vision:import_photos"),  # Ctrl-C
    f"GET {PROJECT}/photos": ("trivium vision photos", "trivium.vision:photos"),
    f"POST {PROJECT}/labels": ("trivium vision label", "trivium.vision:label"),
    f"GET {PROJECT}/photos/{{sha256}}": ("trivium vision boxes", "trivium.vision:boxes_of"),
    f"PUT {PROJECT}/photos/{{sha256}}/boxes": ("trivium vision boxes --box", "trivium.vision:set_boxes"),
    f"POST {PROJECT}/boxes": ("trivium vision boxes --nothing", "trivium.vision:set_boxes"),
    f"PUT {PROJECT}/photos/{{sha256}}/ranges": ("trivium vision ranges --range", "trivium.vision:set_ranges"),
    f"GET {PROJECT}/photos/{{sha256}}/mask": ("trivium vision mask --out", "trivium.vision:mask_of"),
    f"PUT {PROJECT}/photos/{{sha256}}/mask": ("trivium vision mask --set", "trivium.vision:set_mask"),
    f"DELETE {PROJECT}/photos/{{sha256}}/mask": ("trivium vision mask --unseen", "trivium.vision:set_mask"),
    f"POST {PROJECT}/photos/{{sha256}}/mask:undo": ("trivium vision mask --undo", "trivium.vision:undo_mask"),
    f"POST {PROJECT}/photos:remove": ("trivium vision photos --remove", "trivium.vision:remove"),
    f"POST {PROJECT}/photos:restore": ("trivium vision photos --restore", "trivium.vision:restore"),
    f"GET {PROJECT}/suggestions": ("trivium vision suggest", "trivium.vision:suggest"),
    f"GET {PROJECT}/proposals": ("trivium vision propose --threshold", "trivium.vision:propose"),
    f"GET {PROJECT}/box-doubts": ("trivium vision propose --doubtful", "trivium.vision:doubtful_boxes"),
    f"GET {PROJECT}/trainings": ("trivium vision trainings", "trivium.vision:trainings"),
    f"GET {VISION}/pictures/{{sha256}}": ("trivium vision photos --out", "trivium.vision:export_photos"),
    f"GET {VISION}/pictures/{{sha256}}/strip": ("trivium vision photos --out", "trivium.vision:export_photos"),
    f"GET {VISION}/pictures/{{sha256}}/thumbnail": ("trivium vision photos --out", "trivium.vision:export_photos"),
    f"GET {VISION}/schema": ("trivium vision settings", "trivium.vision:settings"),
    f"POST {VISION}/trainings": ("trivium vision train", "trivium.vision:train"),
    f"GET {LEARNED}/evaluation": ("trivium vision evaluate --on", "trivium.vision:evaluate"),
    f"GET {LEARNED}/judged": ("trivium vision judged --wrong", "trivium.vision:judged"),
    f"GET {LEARNED}/saliency": ("trivium vision understand saliency --against", "trivium.vision:saliency"),
    f"GET {LEARNED}/neighbours": ("trivium vision understand neighbours", "trivium.vision:neighbours"),
    f"GET {LEARNED}/few-shot": ("trivium vision understand few-shot", "trivium.vision:few_shot"),
    f"GET {LEARNED}/unknown": ("trivium vision understand unknown", "trivium.vision:unknown"),
    f"GET {LEARNED}/box-scores": ("trivium vision understand boxes", "trivium.vision:box_scores"),
    f"GET {LEARNED}/box-photos": ("trivium vision understand box-photos --said", "trivium.vision:box_photos"),
    f"POST {LEARNED}/classify": ("trivium vision run", "trivium.vision:run"),
    f"POST {LEARNED}/classify:frame": ("trivium vision run", "trivium.vision:run"),
    f"POST {LEARNED}/look:frame": ("trivium vision run", "trivium.vision:run"),
    f"POST {LEARNED}/cutout": ("trivium vision cutout --background", "trivium.vision:cutout"),
    f"POST {LEARNED}/classify:clip": ("trivium vision spans", "trivium.vision:spans"),
    f"GET {LEARNED}/oddities": ("trivium vision oddities", "trivium.vision:oddities"),
    f"GET {VISION}/ready-made": ("trivium vision ready-made", "trivium.vision:ready_made"),
    f"GET {VISION}/projects/{{name}}/ready-made": ("trivium vision ready-made", "trivium.vision:ready_made"),
    f"POST {VISION}/projects/{{name}}/ready-made": ("trivium vision ready-made --class", "trivium.vision:make_ready"),
    f"GET {VISION}/templates": ("trivium vision template", "trivium.vision:templates"),
    f"GET {VISION}/templates/{{template_id}}/picture": ("trivium vision template --picture",
                                                        "trivium.vision:template_picture"),
    f"POST {VISION}/templates/{{template_id}}/makings": ("trivium vision template --name",
                                                         "trivium.vision:make_template"),
    f"GET {VISION}/makings/{{making_id}}": ("trivium vision template", "trivium.vision:make_template"),
    f"DELETE {VISION}/makings/{{making_id}}": ("trivium vision template", "trivium.vision:make_template"),  # Ctrl-C
    f"GET {VISION}/watches": ("trivium vision run --seconds", "trivium.vision:watch"),
    f"POST {VISION}/watches": ("trivium vision run --rules", "trivium.vision:watch"),
    f"POST {VISION}/watches:film": ("trivium vision run --source", "trivium.vision:watch"),
    f"GET {VISION}/watches/{{watch_id}}": ("trivium vision run --out", "trivium.vision:watch"),
    f"DELETE {VISION}/watches/{{watch_id}}": ("trivium vision run", "trivium.vision:watch"),  # Ctrl-C
    f"POST {VISION}/rules:try": ("trivium vision rules --events", "trivium.vision:try_rules"),
    f"GET {VISION}/functions": ("trivium vision function", "trivium.vision:functions"),
    f"GET {VISION}/functions/{{name}}": ("trivium vision function --show", "trivium.vision:functions"),
    f"PUT {VISION}/functions/{{name}}": ("trivium vision function --save", "trivium.vision:save_function"),
    f"POST {VISION}/functions/{{name}}/restore": ("trivium vision function --restore",
                                                  "trivium.vision:restore_function"),
    f"DELETE {VISION}/functions/{{name}}": ("trivium vision function --delete", "trivium.vision:delete_function"),
    f"POST {VISION}/functions:try": ("trivium vision function --try", "trivium.vision:try_function"),
    f"GET {VISION}/devices": ("trivium vision devices list", f"{CALLS}:devices"),
    f"GET {VISION}/devices/{{device_id}}": ("trivium vision devices list", f"{CALLS}:devices"),
    f"DELETE {VISION}/devices/{{device_id}}": ("trivium vision devices revoke", f"{CALLS}:revoke"),
    f"POST {VISION}/devices/here": ("trivium vision devices here", f"{CALLS}:use_this_machine"),
    f"POST {VISION}/devices/codes": ("trivium vision devices code", f"{CALLS}:new_code"),
    f"GET {VISION}/devices/events": ("trivium vision devices events", f"{CALLS}:events"),
    f"GET {VISION}/devices/frames": ("trivium vision devices frames --out", f"{CALLS}:export_frames"),
    f"POST {ON_DEVICE}": ("trivium vision devices deploy", f"{CALLS}:deploy_to"),
    f"PUT {ON_DEVICE}/{{project}}/setup": ("trivium vision devices setup", f"{CALLS}:set_up"),
    f"POST {ON_DEVICE}/{{project}}/rollback": ("trivium vision devices rollback", f"{CALLS}:roll_back"),
    f"DELETE {ON_DEVICE}/{{project}}": ("trivium vision devices remove", f"{CALLS}:remove"),
    f"GET {VISION}/broker": ("trivium vision broker status", f"{BROKER}:broker"),
    f"PUT {VISION}/broker": ("trivium vision broker on --port", f"{BROKER}:switch"),
    f"POST {VISION}/broker/accounts": ("trivium vision broker add --read", f"{BROKER}:add"),
    f"DELETE {VISION}/broker/accounts/{{name}}": ("trivium vision broker remove", f"{BROKER}:remove"),
    f"POST {VISION}/device/join": ("trivium vision agent join", "trivium.vision.devices.agent:join"),
    f"GET {VISION}/device/desired": ("trivium vision agent run", "trivium.vision.devices.agent:Agent"),
    f"GET {VISION}/device/bundles/{{sha256}}": ("trivium vision agent run", "trivium.vision.devices.agent:Agent"),
    f"POST {VISION}/device/messages": ("trivium vision agent run", "trivium.vision.devices.agent:Agent"),
}


def test_every_route_but_of_some_rooms_of_music_has_a_command_and_a_function() -> None:
    paths = json.loads(importlib.import_module("trivium.server.openapi").text())["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods
              if not path.startswith("/api/v1/") or path.split("/")[3] in {"racing", "runs", "system", "studios",
                                                                           "events", "vision"}
              or path.startswith(tuple(f"{MUSIC}/{room}" for room in ROOMS))
              or path.endswith("/judge")}
    assert routes == set(WAYS)


@pytest.mark.parametrize("route", WAYS)
def test_the_command_and_the_function_exist(route: str) -> None:
    words, target = WAYS[route]
    _, *names = words.split()
    found: Any = resolve("trivium.cli:main")
    for name in names:
        context = click.Context(found, info_name=name)
        if name.startswith("--"):
            assert name in {option for parameter in found.get_params(context) for option in parameter.opts} | {"--help"}
        else:
            found = found.get_command(context, name)
            assert found is not None, words
    assert resolve(target) is not None
