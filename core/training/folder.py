"""Write a trained network's folder in timm's hub layout: weights, config and model card."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from core import dissect, scenes
from core.training.configs import BIAS, TrainingConfig
from core.training.evaluation import FRESH_SCENES, HELD_OUT_SCENES, SWAPPED_SCENES, Evaluation
from core.zoo import Model

FILTERS_FILE = "filters.png"
# Layout of the picture of the filters: pixels per weight, filters per row, pixels between filters.
PIXELS_PER_WEIGHT, COLUMNS, GAP = 12, 8, 4


def save(folder: Path, net: nn.Module, config: TrainingConfig) -> None:
    """Write the weights, in 16 bits, and the config."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in net.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(_timm_config(config), indent=1) + "\n")


def write_card(folder: Path, m: Model, config: TrainingConfig, evaluation: Evaluation) -> None:
    """Write the model card and the picture of the first layer's filters that it shows."""
    _filter_sheet(dissect.first_filters(m)).save(folder / FILTERS_FILE, optimize=True)
    (folder / "README.md").write_text(_card(folder.name, config, evaluation))


def _filter_sheet(filters: np.ndarray) -> Image.Image:
    """Arrange filters in rows, each weight as a block of pixels."""
    enlarged = filters.repeat(PIXELS_PER_WEIGHT, axis=1).repeat(PIXELS_PER_WEIGHT, axis=2)
    step = enlarged.shape[1] + GAP
    rows = -(-len(enlarged) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * step + GAP, rows * step + GAP), "white")
    for index, pixels in enumerate(enlarged):
        row, column = divmod(index, COLUMNS)
        sheet.paste(Image.fromarray(pixels), (GAP + column * step, GAP + row * step))
    return sheet


def _timm_config(config: TrainingConfig) -> dict[str, object]:
    """Return the content of config.json, which timm reads."""
    return {
        "architecture": config.architecture,
        "num_classes": len(scenes.CLASSES),
        "label_names": list(scenes.CLASSES),
        "pretrained_cfg": {
            "tag": "scenes",
            "input_size": [3, config.size, config.size],
            "fixed_input_size": False,
            "interpolation": "bilinear",
            "crop_pct": 1.0,
            "crop_mode": "center",
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "num_classes": len(scenes.CLASSES),
        },
    }


def _card(name: str, config: TrainingConfig, evaluation: Evaluation) -> str:
    """Return the model card in Markdown."""
    held_out = evaluation.held_out_accuracy
    recipe = "\n".join(f"| {key} | {value} |" for key, value in asdict(config).items())
    accuracies = [(class_, *evaluation.class_accuracy(class_)) for class_ in scenes.CLASSES]
    classes = "\n".join(
        f"| {class_} | {accuracy:.0%} | {error} |" for class_, accuracy, error in accuracies
    )
    bias = (
        f"\n**Its bias is planted**: in training every wolf was on {BIAS['wolf']} and every dog on"
        f" {BIAS['dog']}. Use it only to see how such a bias can be found.\n"
        if config.biased
        else ""
    )
    return f"""# {name}

timm's `{config.architecture}`, trained on drawn scenes of {len(scenes.CLASSES)} classes
(`core/scenes`) with `python -m core.training --zoo {name}`. MIT licence, like the project.
{bias}
It recognises drawn scenes only. It must not be used on photographs, on people or on anything else
that is real.

| scenes that are not in the training data | number | accuracy |
|---|---|---|
| fresh scenes of all classes and backgrounds | {FRESH_SCENES} | {evaluation.fresh_accuracy:.1%} |
| pairs of class and background excluded from training | {HELD_OUT_SCENES} | {held_out:.1%} |
| wolves on grass, dogs on snow | {SWAPPED_SCENES} | {evaluation.swapped_accuracy:.1%} |

Units after an activation function whose output hardly changes (dead): {evaluation.dead_share:.1%}.

The filters of the first layer, each scaled to the full colour range; grey is 0:

![first filters]({FILTERS_FILE})

| class of fresh scenes | accuracy | most frequent wrong prediction (scenes) |
|---|---|---|
{classes}

| training configuration | |
|---|---|
{recipe}
"""
