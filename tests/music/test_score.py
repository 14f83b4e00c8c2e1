"""The benchmark's figures come out as published, and nothing but the known file is ever unpickled."""

from __future__ import annotations

import io
import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.music.conftest import TINY, chorale
from trivium.errors import BadFile
from trivium.music.score.benchmark import bigram_nats, is_benchmark, open_benchmark, read_benchmark
from trivium.music.score.harmonise import harmonisation
from trivium.music.score.harmony import agreement, faults
from trivium.music.score.likelihood import averaged_likelihood, likelihood
from trivium.music.transformer.network import ChoraleTransformer
from trivium.music.transformer.tokens import SILENCE, Ints, Piece, grid_of, voice_ranges
from trivium.music.voice_leading import crossings, parallels

Benchmark = dict[str, list[Ints]]


@pytest.fixture
def benchmark(benchmark_data: Callable[[str], Path]) -> Benchmark:
    return read_benchmark(benchmark_data("music/Jsb16thSeparated.npz"))


def test_the_bigram_baseline_is_reproduced(benchmark: Benchmark) -> None:
    assert f"{bigram_nats(benchmark['train'], benchmark['valid']):.4f}" == "0.9345"
    assert f"{bigram_nats(benchmark['train'], benchmark['test']):.4f}" == "0.9832"


def test_the_counts_of_the_file_are_as_published(benchmark: Benchmark) -> None:
    counts = {split: (len(pieces), sum(map(len, pieces)), sum(int((p != SILENCE).sum()) for p in pieces))
              for split, pieces in benchmark.items()}
    assert counts == {"train": (229, 55_228, 220_501), "valid": (76, 18_408, 73_043), "test": (77, 18_900, 75_316)}


@pytest.mark.parametrize(("split", "row"), [("train", (0.069, 0.053, 2.37)), ("valid", (0.076, 0.033, 2.95)),
                                            ("test", (0.095, 0.032, 1.99))])
def test_bachs_own_faults_are_as_published(benchmark: Benchmark, split: str, row: tuple[float, float, float]) -> None:
    found = faults(benchmark[split])
    assert round(found["parallel_fifths"], 3) == row[0]
    assert round(found["parallel_octaves"], 3) == row[1]
    assert round(found["voice_crossings"], 2) == row[2]


def test_parallels_and_crossings_by_hand() -> None:
    # soprano and alto a fifth apart step up together; tenor leaps to the octave below the soprano; bass rests
    piece = np.array([[27, 20, 12, SILENCE], [29, 22, 17, SILENCE], [29, 22, 24, SILENCE], [31, 24, 26, SILENCE]])
    grid = grid_of(piece)
    assert parallels(grid, 7) == 2  # steps 0-1 and 2-3
    assert parallels(grid, 0) == 0
    assert parallels(grid - np.array([0, -7, 0, 0]), 0) == 2  # the alto in unison with the soprano
    assert crossings(grid) == 2  # the tenor above the alto
    assert faults([piece, piece])["voice_crossings"] == 50.0
    against = np.array([[27, 20, 5, 0], [29, 10, 3, 1]])
    assert parallels(grid_of(against), 7) == 0  # contrary motion, and not a fifth any more


def test_agreement_counts_pitches_and_pitch_classes() -> None:
    his = np.array([[30, 20, 10, SILENCE], [30, 20, 10, 5]])
    ours = np.array([[1, 20, 22, SILENCE], [1, 21, SILENCE, 5]])
    assert agreement([ours], [his]) == {"exact_pitch": 3 / 6, "pitch_class": 4 / 6}


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("bomb-went-off", "w"))


def test_only_the_known_file_is_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inner = io.BytesIO()
    np.savez(inner, train=np.array([Bomb()], dtype=object))
    for content in (inner.getvalue(), pickle.dumps(Bomb()), b"", b"PK\x03\x04"):
        path = tmp_path / "Jsb16thSeparated.npz"
        path.write_bytes(content)
        with pytest.raises(BadFile, match="is not the benchmark file"):
            read_benchmark(path)
        with pytest.raises(AssertionError):
            open_benchmark(content)
        assert not is_benchmark(content)
    with pytest.raises(BadFile, match="can't be read"):
        read_benchmark(tmp_path / "missing.npz")
    assert not (tmp_path / "bomb-went-off").exists()


def test_a_network_that_knows_nothing_is_surprised_by_the_logarithm_of_its_classes(pieces: list[Piece]) -> None:
    blank = ChoraleTransformer(TINY)
    for parameter in blank.parameters():
        parameter.requires_grad_(False).zero_()
    found = likelihood(blank, pieces)
    assert found == pytest.approx(math.log(47), abs=1e-6)
    # moved by k semitones, k of the 47 names fall off the end, and the others share their probability
    ranges = voice_ranges([piece.sounding for piece in pieces])
    averaged = averaged_likelihood(blank, pieces, *ranges)
    assert averaged is not None and math.log(41) < averaged < math.log(47)
    assert likelihood(blank, pieces, stopped=lambda: True) is None


def test_likelihood_is_a_mean_over_cells_not_over_pieces(pieces: list[Piece]) -> None:
    from tests.music.conftest import tiny

    network = tiny()
    each = [likelihood(network, [piece]) for piece in pieces]
    weights = [len(piece) for piece in pieces]
    assert likelihood(network, pieces) == pytest.approx(np.average(np.array(each, dtype=float), weights=weights))


def test_silent_companions_make_no_score_of_a_tune_better() -> None:
    from tests.music.conftest import tiny

    sung = chorale(1, 3)
    sung[:, 1:] = SILENCE
    network, tune = tiny(), Piece.of(sung)
    whole = likelihood(network, [tune])
    assert whole is not None and likelihood(network, [tune], voices=1) == pytest.approx(4 * whole)
    alone, beside = (bigram_nats([sung], [sung], voices=voices) for voices in (1, 4))
    assert alone == pytest.approx(bigram_nats([sung[:, :1]], [sung[:, :1]], voices=1)) and alone > beside


def test_harmonies_stand_beside_the_composers_own() -> None:
    from tests.music.conftest import tiny

    pieces = [Piece.of(chorale(seed, 3)) for seed in range(2)]
    found = harmonisation(tiny(), pieces, particles=2)
    assert found["sopranos"] == 2 and 0.0 <= found["exact_pitch"] <= found["pitch_class"] <= 1.0
    for kind in ("parallel_fifths", "parallel_octaves", "voice_crossings"):
        assert found[f"{kind}_per_100_steps_by_the_composer"] == faults([p.sounding for p in pieces])[kind]
    json.dumps(found)
