"""A training learns, is the same for the same seed, and goes on after a stop as if nothing had been."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.music.conftest import TINY, chorale
from trivium.cli import main
from trivium.core import checkpoint, files, jobs
from trivium.core.learning import rate
from trivium.core.run import Run
from trivium.core.runfolder import create_run
from trivium.errors import BadConfig
from trivium.music import STUDIO
from trivium.music.config import TrainConfig
from trivium.music.data import inputs_of
from trivium.music.dataset import sets as dataset
from trivium.music.dataset.sources import prepare_chorales
from trivium.music.evaluate import score
from trivium.music.score.benchmark import bigram_nats
from trivium.music.score.likelihood import likelihood
from trivium.music.transformer import trained as transformer_trained
from trivium.music.transformer.tokens import Piece
from trivium.music.transformer.train import WARM_UP, batches, train


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A place for runs."""
    (tmp_path / "music").mkdir()
    return tmp_path / "music"


def rule_made() -> dict[str, bytes | str | Path]:
    """Forty pieces made by rule, six of them held out."""
    pieces = [Piece.of(chorale(seed, 6 + seed % 5)) for seed in range(40)]
    return inputs_of({"train": pieces[6:], "valid": pieces[:6]}, {"source": "rules", "sha256": "0", "with_hold": False})


def config(**settings: Any) -> TrainConfig:
    return TrainConfig(transformer=TINY.model_copy(update={"dropout": 0.1, "evaluate_every": 1, **settings}))


def made(music: Path, name: str, **settings: Any) -> Path:
    seed = settings.pop("seed", 1)
    return create_run(STUDIO, "train", name, config(**settings), out=music.parent / name, inputs=rule_made(), seed=seed,
                      threads=1)


def trained(folder: Path, stop_after: int | None = None) -> Path:
    """Run it in this process, unconfined; asked to stop after so many updates."""
    run = Run.open(folder)
    parsed = TrainConfig.model_validate(run.spec.config)
    plain = run.progress

    def progress(step: int, *arguments: Any) -> None:
        plain(step, *arguments)
        if step == stop_after:
            run.request_stop()

    run.progress = progress  # type: ignore[method-assign]
    train(parsed, run)
    return folder


def weights(folder: Path) -> tuple[bytes, dict[str, Any]]:
    step = checkpoint.last_step(folder / files.CHECKPOINTS)
    place = folder / files.CHECKPOINTS / f"step-{step}"
    return (place / checkpoint.WEIGHTS).read_bytes(), json.loads((place / checkpoint.STATE).read_text())


def values(folder: Path, key: str) -> list[float]:
    events = [json.loads(row) for row in (folder / files.EVENTS).read_text().splitlines()]
    return [event["values"][key] for event in events if event["kind"] == "metric" and key in event["values"]]


def test_it_learns_more_than_what_follows_what(music: Path) -> None:
    folder = trained(made(music, "learns", epochs=25, evaluate_every=5, lr=0.05, lr_adam=0.01, average=0.9))
    found, data = transformer_trained.from_run(folder), values(folder, "nats_per_note/valid")
    run = Run.open(folder)
    from trivium.music.data import pieces_of_run

    pieces = pieces_of_run(run)
    baseline = bigram_nats([p.sounding for p in pieces.train], [p.sounding for p in pieces.valid])
    assert data[-1] < 0.5 * data[0]
    assert min(data) < 0.6 * baseline
    assert likelihood(found.network, pieces.valid) == pytest.approx(min(data), abs=1e-6)


@pytest.mark.parametrize("stop_after", [1, 7, 18])
def test_a_stopped_training_goes_on_bit_for_bit(music: Path, stop_after: int) -> None:
    whole = trained(made(music, "whole"))
    parted = trained(made(music, "parted"), stop_after)
    assert weights(parted)[1]["counters"]["update"] == stop_after
    assert json.loads((parted / "model" / "model.json").read_text())["step"] <= stop_after
    trained(parted)
    assert weights(parted) == weights(whole)
    assert values(parted, "nats_per_note/valid") == values(whole, "nats_per_note/valid")


def test_a_training_whose_time_is_over_still_says_how_good_it_is(music: Path) -> None:
    folder = create_run(STUDIO, "train", "late", config(epochs=100).model_copy(update={"max_minutes": 1e-6}),
                        out=music.parent / "late", inputs=rule_made(), threads=1)
    trained(folder)
    assert weights(folder)[1]["counters"]["update"] == 1
    assert len(values(folder, "nats_per_note/valid")) == 1
    assert (folder / "model" / "weights.safetensors").is_file()


def test_the_seed_decides(music: Path) -> None:
    one, two, three = (trained(made(music, name, seed=seed, epochs=1)) for name, seed in
                       [("one", 1), ("two", 1), ("three", 2)])
    assert weights(one) == weights(two)
    assert weights(one)[0] != weights(three)[0]


def test_every_epoch_takes_every_piece_once(music: Path) -> None:
    from trivium.music.data import pieces_of_run

    pieces = pieces_of_run(Run.open(made(music, "taken")))
    settings = config(batch_pieces=8).transformer
    an_epoch = -(-len(pieces.train) // 8)
    taken = list(batches(pieces, settings, 1, 0, 2 * an_epoch))
    assert len(taken) == 2 * an_epoch
    for epoch in (taken[:an_epoch], taken[an_epoch:]):
        assert sum(len(batch.steps) for batch in epoch) == len(pieces.train)
        lengths = sorted(int(n) for batch in epoch for n in (batch.target[..., 0] >= 0).sum(dim=1))
        assert lengths == sorted(len(piece) for piece in pieces.train)
    again = list(batches(pieces, settings, 1, 3, 2 * an_epoch))
    assert all((a.cells == b.cells).all() for a, b in zip(again, taken[3:], strict=True))


def test_the_rate_warms_up_and_falls() -> None:
    shares = [rate(update, 1000, WARM_UP) for update in range(1000)]
    assert shares[0] < 0.02 and max(shares) > 0.97 and shares[-1] < 0.011
    assert shares.index(max(shares)) < 110
    assert all(a >= b for a, b in pairwise(shares[110:]))


def test_a_bundled_model_is_the_best_checkpoint(music: Path) -> None:
    folder = trained(made(music, "bundled", epochs=2))
    bundled, best = transformer_trained.from_bundle(folder / "model"), transformer_trained.from_run(folder)
    for name, tensor in best.network.state_dict().items():
        assert (bundled.network.state_dict()[name] == tensor).all()
    assert bundled.step == best.step


def test_a_model_of_other_music_is_not_scored_on_the_benchmark(music: Path,
                                                               benchmark_data: Callable[[str], Path]) -> None:
    folder = trained(made(music, "other", epochs=1))
    with pytest.raises(BadConfig, match="other music"):
        score(folder, benchmark_data("music/Jsb16thSeparated.npz"))


def test_train_from_the_command_line(music: Path) -> None:
    sets = [f"--set=transformer.{name}={value}" for name, value in
            TINY.model_dump(include={"width", "head_width", "step_layers"}).items()]
    dataset.keep(prepare_chorales(16), "plain", music.parent / "d")
    arguments = ["--data", str(music.parent / "d"), "music", "train", "--technique", "transformer",
                 "--data", "plain", "--out", str(music.parent / "run-m"), "--threads", "1",
                 "--set", "transformer.epochs=1", "--json"]
    done = CliRunner().invoke(main, [*arguments, *sets])
    assert done.exit_code == 0, done.output
    jobs.reap()
    found = json.loads(done.stdout)
    assert {"run", "status", "wall_s", "steps", "best"} <= set(found)
    assert found["status"] == "succeeded" and found["best"]["metric"] == "nats_per_note/valid"
    assert jobs.status(Path(found["run"])).confinement is not None
    assert "Mind: " in done.stderr  # sixteen pieces are few
    assert transformer_trained.from_run(found["run"]).network.with_hold
    wrong = CliRunner().invoke(main, [*arguments[:8], "--set", "transformer.epoch=1"])
    assert wrong.exit_code == 1 and "Did you mean transformer.epochs?" in wrong.stderr
