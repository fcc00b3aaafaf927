"""Networks in timm's hub layout whose class names and predictions a test chooses."""

import json
from collections.abc import Sequence
from pathlib import Path

import timm
import torch
from timm.models import save_for_hf


def save_network(folder: Path, labels: Sequence[str], predicted: str = "", seed: int = 0) -> None:
    """Save a small network with random weights.

    Args:
        folder: Where to save it.
        labels: Names of its classes.
        predicted: The class that it predicts for every picture; by chance where empty.
        seed: Seed of the weights. The order of the classes does not change their weights.
    """
    torch.manual_seed(seed)
    net = timm.create_model("test_resnet", num_classes=len(labels))
    order = [sorted(labels).index(label) for label in labels]
    with torch.no_grad():
        net.fc.weight.copy_(net.fc.weight[order])
        net.fc.bias.copy_(net.fc.bias[order])
        if predicted:
            net.fc.bias[list(labels).index(predicted)] += 100
    save_for_hf(net, folder, safe_serialization=True)
    path = folder / "config.json"
    config = json.loads(path.read_text()) | {"label_names": list(labels)}
    path.write_text(json.dumps(config))
