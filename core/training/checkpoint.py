"""A training's state on disk, as safetensors: what is needed to go on after a kill."""

import json
import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

NAME = "training.safetensors"


def save(folder: Path, net: nn.Module, optimiser: torch.optim.Optimizer, epoch: int) -> None:
    """Write the state after an epoch, whole or not at all."""
    tensors = {f"net.{name}": value.contiguous() for name, value in net.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"optimiser.{index}.{name}"] = torch.as_tensor(value).clone()
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{NAME}.part"
    save_file(tensors, part, {"epoch": json.dumps(epoch)})
    os.replace(part, folder / NAME)


def restore(folder: Path, net: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Read the state back; tells the epochs that are done, 0 where there is no state."""
    if not (folder / NAME).is_file():
        return 0
    states: dict[int, dict[str, torch.Tensor]] = {}
    weights = {}
    with safe_open(folder / NAME, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118 - safe_open gives no iterator
            kind, _, rest = key.partition(".")
            if kind == "net":
                weights[rest] = file.get_tensor(key)
            else:
                index, _, name = rest.partition(".")
                states.setdefault(int(index), {})[name] = file.get_tensor(key)
        epoch = int(json.loads(file.metadata()["epoch"]))
    net.load_state_dict(weights)
    optimiser.load_state_dict({**optimiser.state_dict(), "state": states})
    return epoch
