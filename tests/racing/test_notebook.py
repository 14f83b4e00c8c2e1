"""The racing functions of Python: light to import, and the same runs as the commands make."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.racing.conftest import CENTRE

import trivium.racing as racing
from trivium.errors import BadConfig, BadFile, NameTaken
from trivium.racing.notebook import RunFailed, source

QUICK: dict[str, Any] = {"num_episodes_between_training": 4, "max_steps_per_iteration": 100, "eval_trials": 2,
                         "batch_size": 32, "num_epochs": 1, "max_iterations": 1}


def reward_function(params):
    return 1.0 if params["all_wheels_on_track"] else 0.001


def loaded_after(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_studio_loads_none_of_its_libraries() -> None:
    heavy = {"torch", "numba", "numpy", "gymnasium", "pydantic", "click"}
    assert not heavy & loaded_after("import trivium, trivium.racing")


@pytest.mark.parametrize("order", ["import gymnasium\nimport trivium.racing", "import trivium.racing\nimport gymnasium",
                                   "import trivium.racing\nfrom gymnasium import spaces\nimport gymnasium",
                                   "import trivium.catalog\nimport gymnasium.envs\nimport trivium.racing"])
def test_importing_the_studio_makes_its_environment_known(order: str) -> None:
    code = f"{order}\nassert gymnasium.spec('trivium/Racing-v0')\nimport importlib; importlib.reload(gymnasium)"
    assert not {"torch", "numba"} & loaded_after(code)


def test_a_missing_gymnasium_is_still_said_to_be_missing() -> None:
    code = ("import sys, trivium.racing\nsys.path[:] = [p for p in sys.path if 'site-packages' not in p]\n"
            "try:\n    import gymnasium\nexcept ModuleNotFoundError as error:\n    assert error.name == 'gymnasium'\n"
            "else:\n    raise SystemExit('found')\nassert trivium.racing.registration")
    assert "gymnasium" not in loaded_after(code)


def test_a_training_and_its_evaluation(tmp_path: Path) -> None:
    trained = racing.train(track="oval", reward=CENTRE, out=tmp_path / "run-a", data=tmp_path / "data", **QUICK)
    assert {"run", "status", "wall_s", "steps", "best"} <= set(trained)
    assert (trained["status"], trained["run"]) == ("succeeded", str(tmp_path / "run-a"))
    judged = racing.evaluate(trained, trials=2, data=tmp_path / "data")
    assert judged["n"] == 2 and {"trials", "completion_rate", "interval"} <= set(judged)


def test_a_training_that_fails_is_raised_with_its_line(tmp_path: Path) -> None:
    code = "def reward_function(params):\n    return 1 / 0\n"
    with pytest.raises(RunFailed, match="line 2") as caught:
        racing.train(reward=code, out=tmp_path / "run-b", data=tmp_path, **QUICK)
    assert caught.value.result["reason"] == "user_code_error"


def test_mistakes_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="num_epochs"):
        racing.train(reward=CENTRE, num_epoch=3, data=tmp_path)
    with pytest.raises(BadFile, match=r"nowhere\.py"):
        racing.train(reward="nowhere.py", data=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_reward_function_is_a_file_its_text_or_a_function(tmp_path: Path) -> None:
    file = tmp_path / "reward.py"
    file.write_text(CENTRE)
    assert source(file) == source(str(file)) == CENTRE.encode() and source(CENTRE) == CENTRE
    for reward in (file, CENTRE, reward_function):
        assert racing.validate(reward, track="kidney")["ok"]

    def mine(params):
        return float(params["speed"])

    assert racing.validate(mine)["ok"] and str(source(mine)).endswith("reward_function = mine\n")


def test_tracks_by_name_and_file(tmp_path: Path) -> None:
    assert len(racing.tracks(tmp_path)) >= 8
    assert racing.load_track("oval", tmp_path).id == racing.tracks(tmp_path)[0].id == "oval"


def test_the_function_is_there_though_its_module_was_imported() -> None:
    for name in ("train", "evaluate"):
        assert callable(importlib.import_module(f"trivium.racing.{name}").prepare)  # still the module
    with pytest.raises(BadConfig, match="nonsense"):
        racing.train(nonsense=1)
    with pytest.raises(TypeError, match="run"):
        racing.evaluate()
    assert not hasattr(racing, "nonsense")


def test_two_runs_in_one_data_folder_never_share_a_name(tmp_path: Path) -> None:
    from trivium.core.runfolder import create_run
    from trivium.racing.submit import new_name

    create_run(racing.STUDIO, "train", "oval\x1b[31m\n1", {}, data=tmp_path)  # tidied, so that a list stays a list
    assert new_name(tmp_path, "train", None, "Oval [31m 1") == "Oval [31m 1 2"
    with pytest.raises(NameTaken, match="oval"):
        new_name(tmp_path, "train", "oval [31m 1", "usual")
    assert new_name(tmp_path, "evaluate", "oval [31m 1", "usual") == "oval [31m 1"
