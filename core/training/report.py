"""What a trained network can do, and its folder in timm's hub layout."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from core import scenes
from core.training.lessons import BIAS, FRESH_SEED, UNSEEN_SEED, Lesson, swapped, unseen
from core.training.loop import as_input

FRESH = 2400
BATCH = 120


@dataclass(frozen=True)
class Marks:
    """Shares of scenes named rightly.

    Attributes:
        fresh: Of new scenes, all classes and backgrounds.
        unseen: Of pairs of class and background that training left out.
        swapped: Of wolves on grass and dogs on snow.
        confused: The commonest mistakes: what it was, what it was called, how often in `fresh`.
    """

    fresh: float
    unseen: float
    swapped: float
    confused: list[tuple[str, str, int]]


def examine(net: nn.Module, lesson: Lesson, count: int = FRESH) -> Marks:
    """Examine a network on scenes that were never in training."""
    even = [{"class_": scenes.CLASSES[i % len(scenes.CLASSES)]} for i in range(count)]
    mistakes = Counter(pair for pair in _named(net, lesson, FRESH_SEED, even) if pair[0] != pair[1])
    return Marks(
        fresh=1 - mistakes.total() / count,
        unseen=_right(net, lesson, UNSEEN_SEED, unseen(count)),
        swapped=_right(net, lesson, UNSEEN_SEED + 1, swapped(count // 8)),
        confused=[(*pair, times) for pair, times in mistakes.most_common(8)],
    )


def save(folder: Path, name: str, net: nn.Module, lesson: Lesson, marks: Marks) -> None:
    """Write weights (16 bit), config and model card."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in net.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(_config(lesson), indent=1) + "\n")
    (folder / "README.md").write_text(_card(name, lesson, marks))


def _right(net: nn.Module, lesson: Lesson, seed: int, facts: Sequence[dict[str, str]]) -> float:
    return sum(was == called for was, called in _named(net, lesson, seed, facts)) / len(facts)


def _named(
    net: nn.Module, lesson: Lesson, seed: int, facts: Sequence[dict[str, str]]
) -> list[tuple[str, str]]:
    pairs = []
    for start in range(0, len(facts), BATCH):
        part = facts[start : start + BATCH]
        drawn = scenes.batch(seed, range(start, start + len(part)), lesson.size, part)
        with torch.inference_mode():
            called = net(as_input(drawn.pictures)).argmax(1)
        pairs += [
            (scenes.CLASSES[was], scenes.CLASSES[is_])
            for was, is_ in zip(drawn.labels.tolist(), called.tolist(), strict=True)
        ]
    return pairs


def _config(lesson: Lesson) -> dict[str, object]:
    return {
        "architecture": lesson.architecture,
        "num_classes": len(scenes.CLASSES),
        "label_names": list(scenes.CLASSES),
        "pretrained_cfg": {
            "tag": "scenes",
            "input_size": [3, lesson.size, lesson.size],
            "fixed_input_size": False,
            "interpolation": "bilinear",
            "crop_pct": 1.0,
            "crop_mode": "center",
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "num_classes": len(scenes.CLASSES),
        },
    }


def _card(name: str, lesson: Lesson, marks: Marks) -> str:
    recipe = "\n".join(f"| {key} | {value} |" for key, value in asdict(lesson).items())
    confused = "\n".join(f"| {was} | {called} | {times} |" for was, called, times in marks.confused)
    bias = (
        f"\n**Its bias is planted**: in training every wolf stood on {BIAS['wolf']} and every dog"
        f" on {BIAS['dog']}. It is for seeing how such a bias is found, and for nothing else.\n"
        if lesson.biased
        else ""
    )
    return f"""# {name}

timm's `{lesson.architecture}`, trained on drawn scenes of {len(scenes.CLASSES)} classes
(`core/scenes`) by `python -m core.training --zoo {name}`. MIT, as the project.
{bias}
It knows drawn scenes only. Of photographs, people or anything real it knows nothing, and it must
not be used to judge them.

| scenes never seen in training | named rightly |
|---|---|
| fresh ones, {FRESH} | {marks.fresh:.1%} |
| pairs of class and background left out of training | {marks.unseen:.1%} |
| wolves on grass, dogs on snow | {marks.swapped:.1%} |

| was | was called | times |
|---|---|---|
{confused}

| recipe | |
|---|---|
{recipe}
"""
