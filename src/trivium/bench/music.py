"""Writing music with the Transformer: with its memory of keys and values, beside the same weights without, and beside
`transformers` with a network of the same size; editing with the AR-CNN; accompanying a melody with the GAN.

A token is one cell: four a step. Weights are random, for they make no difference to the time a cell takes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from trivium.bench.result import Result

STEPS = 256  # written, 16 bars
PROMPT = 32  # steps before them
SIZE = {"width": 192, "step_layers": 4, "cell_layers": 1}


def bench(quick: bool) -> Iterator[Result]:
    """The rates of writing; the training's rate of learning."""
    import torch

    from trivium.core.spec import default_threads

    torch.set_num_threads(default_threads())
    steps, repetitions = (32, 1) if quick else (STEPS, 3)
    network, piece = network_and_prompt()
    with_cache(network, piece, 2)  # the first one loads compiled code
    cached = statistics.median(rate(lambda: with_cache(network, piece, steps), 4 * steps) for _ in range(repetitions))
    plain = rate(lambda: without_cache(network, piece, steps), 4 * steps)
    yield Result(f"Transformer, {4 * steps} tokens, key-value cache", cached, "tokens/s",
                 "same weights, whole context for each token", plain)
    peer = peer_rate(network, 4 * steps)
    if peer is not None:
        yield Result(f"Transformer, {4 * steps} tokens, key-value cache", cached, "tokens/s",
                     "transformers generate, GPT-2 of the same size", peer)
    begin = time.perf_counter()
    with_cache(network, piece, 1)
    yield Result("Transformer, first step of a continuation", time.perf_counter() - begin, "s")
    first_s, whole_s, seconds = extension(5.0 if quick else 30.0, repetitions)
    yield Result("Transformer, first audible note of a generation", first_s, "s")
    yield Result(f"Transformer, Twinkle extended by {seconds:g} s", whole_s, "s")
    yield Result("Transformer, training", training_rate(8 if quick else 40), "notes/s")
    yield Result("AR-CNN, 100 iterations on 8 bars",
                 statistics.median(editing_s(10 if quick else 100) for _ in range(repetitions)), "s")
    yield Result("AR-CNN, training", arcnn_training_rate(1 if quick else 6), "windows/s")
    yield Result("GAN, accompaniment of 8 bars", statistics.median(accompaniment_s() for _ in range(repetitions)), "s")
    yield Result("GAN, training", gan_training_rate(1 if quick else 4), "clips/s")
    yield Result("Rendering to WAV, four parts", rendering_rate(1 if quick else 5), "x real time")


def extension(seconds: float, repetitions: int) -> tuple[float, float, float]:
    """The model in the package goes on where a melody ends: when its first passage is told, and when all is written.

    The melody has no other voices, so a harmony to it is thought of before the first note: the longest way to a note.
    """
    from pathlib import Path

    from trivium.music.composing import compose
    from trivium.music.melodies import find_tune, tune_piece

    def once() -> tuple[float, float]:
        told: list[float] = []
        begin = time.perf_counter()
        compose(tune_piece(find_tune("twinkle")), "transformer", {"extension_s": seconds}, data=Path(),
                tell=lambda *_: told.append(time.perf_counter() - begin))
        return told[0], time.perf_counter() - begin

    once()  # the first one loads compiled code
    runs = [once() for _ in range(repetitions)]
    return statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs), seconds


def network_and_prompt() -> tuple[Any, Any]:
    """A network of the default size with random weights, and a prompt of long chords."""
    import numpy as np
    import torch

    from trivium.music.config import TransformerConfig
    from trivium.music.transformer.network import ChoraleTransformer
    from trivium.music.transformer.tokens import Piece

    torch.manual_seed(1)
    network = ChoraleTransformer(TransformerConfig.model_validate(SIZE)).eval()
    chords = np.random.default_rng(1).integers([24, 18, 12, 4], [40, 34, 28, 20], (PROMPT // 4, 4))
    return network, Piece.of(np.repeat(chords, 4, axis=0))


def rate(work: Callable[[], object], tokens: int) -> float:
    begin = time.perf_counter()
    work()
    return tokens / (time.perf_counter() - begin)


def with_cache(network: Any, piece: Any, steps: int) -> Any:
    """As the studio writes."""
    from trivium.music.transformer.compose import Draft, compose
    from trivium.music.transformer.sampling import Controls

    return compose(network, Draft.continuation(piece, steps), 1, Controls())


def without_cache(network: Any, piece: Any, steps: int) -> Any:
    """The plain way: the whole piece so far through the whole network, once a token."""
    import numpy as np
    import torch

    from trivium.music.transformer.batch import batch_of
    from trivium.music.transformer.sampling import Controls, draw
    from trivium.music.transformer.tokens import SILENCE, Piece, V

    rng, controls = np.random.default_rng(1), Controls()
    allowed = np.zeros((1, network.classes), dtype=bool)
    cells = piece.sounding
    for _ in range(steps):
        cells = np.concatenate([cells, np.full((1, V), SILENCE)])
        for voice in range(V):
            with torch.inference_mode():
                logits = network(batch_of([Piece.of(cells)], False))[0, -1, voice].double().numpy()
            cells[-1, voice] = draw(controls.probabilities(logits[None], allowed), rng)[0]
    return cells


def peer_rate(network: Any, tokens: int) -> float | None:
    """`transformers` with a token a cell and about as many parameters; None where it is not installed."""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel
    except ImportError:
        return None
    import torch

    width = network.width
    layers = round(sum(p.numel() for block in (network.step_blocks, network.cell_blocks) for p in block.parameters())
                   / (12 * width * width))
    config = GPT2Config(vocab_size=48, n_positions=4 * (PROMPT + STEPS), n_embd=width, n_layer=layers,
                        n_head=width // network.head_width, bos_token_id=47, eos_token_id=None, pad_token_id=46)
    peer = GPT2LMHeadModel(config).eval()
    prompt = torch.randint(0, 46, (1, 4 * PROMPT))
    settings = {"do_sample": True, "top_p": 0.95, "attention_mask": torch.ones_like(prompt)}
    with torch.inference_mode():
        peer.generate(prompt, max_new_tokens=8, **settings)  # the first one warms up
        begin = time.perf_counter()
        made = peer.generate(prompt, max_new_tokens=tokens, **settings)
    return float(made.shape[1] - prompt.shape[1]) / (time.perf_counter() - begin)


def training_rate(updates: int) -> float:
    """Notes learned from a second, on pieces of random chords of the length that chorales have."""
    import numpy as np

    from trivium.music.config import TransformerConfig
    from trivium.music.transformer.batch import batch_of
    from trivium.music.transformer.tokens import Piece
    from trivium.music.transformer.train import Learner

    learner = Learner(TransformerConfig.model_validate(SIZE), False, "cpu")
    rng = np.random.default_rng(1)
    pieces = [Piece.of(np.repeat(rng.integers([24, 18, 12, 4], [40, 34, 28, 20], (60, 4)), 4, axis=0))
              for _ in range(4)]
    batch = batch_of(pieces, False)
    learner.learn(batch, 0, 0.1)  # the first one warms up
    return rate(lambda: [learner.learn(batch, update, 0.1) for update in range(updates)],
                updates * int((batch.target >= 0).sum()))


def editing_s(iterations: int) -> float:
    """Seconds that the model in the package takes for so many edits of the first 8 bars of a tune; it is opened anew
    each time."""
    from pathlib import Path

    from trivium.music.composing import compose
    from trivium.music.melodies import find_tune, tune_piece

    settings = {"sampling_iterations": iterations, "first_bar": 1, "last_bar": 8}
    begin = time.perf_counter()
    compose(tune_piece(find_tune("twinkle")), "arcnn", settings, data=Path(), tell=lambda *_: None)
    return time.perf_counter() - begin


def arcnn_training_rate(updates: int) -> float:
    """Windows of 8 bars learned from a second, at the default size."""
    import numpy as np

    from trivium.music.arcnn.config import ArcnnConfig
    from trivium.music.arcnn.corruption import training_batch
    from trivium.music.arcnn.grid import Sheet
    from trivium.music.arcnn.train import Learner

    config, rng = ArcnnConfig(), np.random.default_rng(1)
    notes = np.array([[step, 48 + 4 * voice + step // 4 % 5, 4, voice]
                      for step in range(0, 256, 4) for voice in range(4)])
    batch = training_batch([Sheet(notes, np.arange(0, 256, 16))], config, rng)
    learner = Learner(config, "cpu")
    learner.learn(batch, 0, 0.1)  # the first one warms up
    return rate(lambda: [learner.learn(batch, update, 0.1) for update in range(updates)],
                updates * config.batch_windows)


def rendering_rate(repetitions: int) -> float:
    """Seconds of sound made in a second: sixteen bars for piano, strings, guitar and bass."""
    from trivium.music.notes import Composition, Note, Part
    from trivium.music.sound.rendering import render

    chord, programs = (72, 67, 64, 48), (0, 48, 24, 32)
    parts = [Part(id=f"part-{program}", program=program,
                  notes=[Note(onset=240 * at, length=240, pitch=pitch + at * 5 % 12) for at in range(128)])
             for pitch, program in zip(chord, programs, strict=True)]
    piece = Composition(parts=parts)
    render(piece)  # decodes the samples
    times = []
    for _ in range(repetitions):
        begin = time.perf_counter()
        audio = render(piece)
        times.append((time.perf_counter() - begin) / audio.duration_s)
    return 1 / statistics.median(times)


def accompaniment_s() -> float:
    """Seconds from a melody of 8 bars to the piece with three more tracks; the network is opened anew each time."""
    import torch
    from safetensors.numpy import save

    from trivium.music.gan.compose import compose
    from trivium.music.gan.config import GanConfig, GanControls
    from trivium.music.gan.network import Generator
    from trivium.music.notes import Composition, Note, Part
    from trivium.music.techniques import Model

    torch.manual_seed(1)
    weights = save({name: array.numpy() for name, array in Generator(GanConfig()).state_dict().items()})
    facts = {"tracks": [{"name": "Track", "program": 0}] * 3, "at_once": [1, 1, 1], "grid": 1, "melody_range": [60, 81]}
    model = Model("bench", weights, {"config": {"gan": {}}, "facts": facts})
    melody = [Note(onset=480 * beat, length=480, pitch=60 + beat % 12) for beat in range(32)]
    piece = Composition(parts=[Part(notes=melody)])
    begin = time.perf_counter()
    compose(piece, GanControls(), model, 1, lambda *_: None, lambda: False)
    return time.perf_counter() - begin


def gan_training_rate(updates: int) -> float:
    """Clips of two bars that critic and generator look at in a second, at the default size."""
    import numpy as np

    from trivium.music.gan.config import GanConfig
    from trivium.music.gan.data import Clips
    from trivium.music.gan.roll import Sheet
    from trivium.music.gan.train import Learner, update

    config = GanConfig(warm_up_percent=0)
    rng = np.random.default_rng(1)
    roll = (rng.random((256, 64, 4)) < 0.02).astype(np.uint8) * 2
    learner, clips = Learner(config, "cpu"), Clips([Sheet(roll, np.arange(256) % 16 == 0)])
    update(learner, clips, 1, 0)  # the first one warms up
    return rate(lambda: [update(learner, clips, 1, number) for number in range(updates)],
                updates * config.batch_clips * (config.n_critic + 1))
