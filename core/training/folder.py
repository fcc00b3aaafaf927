"""A trained network's folder, in timm's hub layout: weights, config, model card."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from core import dissect, scenes
from core.training.exam import FRESH, SWAPPED, UNSEEN, Marks
from core.training.lessons import BIAS, Lesson
from core.zoo import Model

FILTERS = "filters.png"
# The picture of the filters: pixels a weight, filters a row, pixels between them.
WEIGHT, ROW, GAP = 12, 8, 4


def save(folder: Path, net: nn.Module, lesson: Lesson) -> None:
    """Write the weights, in 16 bits, and the config."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in net.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(_config(lesson), indent=1) + "\n")


def describe(folder: Path, m: Model, lesson: Lesson, marks: Marks) -> None:
    """Write the model card, with the first layer's filters as a picture."""
    _sheet(dissect.first_filters(m)).save(folder / FILTERS, optimize=True)
    (folder / "README.md").write_text(_card(folder.name, lesson, marks))


def _sheet(filters: np.ndarray) -> Image.Image:
    """Filters in rows, a block of pixels for each weight."""
    large = filters.repeat(WEIGHT, axis=1).repeat(WEIGHT, axis=2)
    step = large.shape[1] + GAP
    rows = -(-len(large) // ROW)
    sheet = Image.new("RGB", (ROW * step + GAP, rows * step + GAP), "white")
    for index, pixels in enumerate(large):
        place = (GAP + index % ROW * step, GAP + index // ROW * step)
        sheet.paste(Image.fromarray(pixels), place)
    return sheet


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
    classes = "\n".join(
        f"| {class_} | {share:.0%} | {other} |"
        for class_, (share, other) in ((class_, marks.of(class_)) for class_ in scenes.CLASSES)
    )
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

| scenes never seen in training | | named rightly |
|---|---|---|
| fresh ones | {FRESH} | {marks.fresh:.1%} |
| pairs of class and background left out of training | {UNSEEN} | {marks.unseen:.1%} |
| wolves on grass, dogs on snow | {SWAPPED} | {marks.swapped:.1%} |

Units behind an activation function that hardly ever change (dead): {marks.dead:.1%}.

The first layer's filters, each stretched to full colour, grey is 0:

![first filters]({FILTERS})

| fresh scenes of | named rightly | otherwise mostly called (times) |
|---|---|---|
{classes}

| recipe | |
|---|---|
{recipe}
"""
