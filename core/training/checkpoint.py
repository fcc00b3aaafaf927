"""Checkpoints in safetensors, so that an interrupted training can continue."""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save as to_bytes
from torch import nn

from core.atomic_file import write_atomically

FILE_NAME = "training.safetensors"


def save(folder: Path, net: nn.Module, optimiser: torch.optim.Optimizer, epoch: int) -> None:
    """Write a checkpoint atomically: an interrupted write keeps the previous checkpoint.

    Args:
        folder: Folder of the checkpoint, which must exist.
        net: The network.
        optimiser: Its optimiser.
        epoch: Number of finished epochs.

    Raises:
        OSError: The checkpoint can't be written, as on a full disk.
    """
    tensors = {f"net.{name}": value.contiguous() for name, value in net.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"optimiser.{index}.{name}"] = torch.as_tensor(value).clone()
    write_atomically(folder / FILE_NAME, to_bytes(tensors, {"epoch": json.dumps(epoch)}))


def restore(folder: Path, net: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Load the checkpoint, if any, and return the number of finished epochs, else 0."""
    if not (folder / FILE_NAME).is_file():
        return 0
    optimiser_states: dict[int, dict[str, torch.Tensor]] = {}
    weights = {}
    with safe_open(folder / FILE_NAME, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118 - safe_open has no iterator
            owner, _, rest = key.partition(".")
            if owner == "net":
                weights[rest] = file.get_tensor(key)
            else:
                index, _, name = rest.partition(".")
                optimiser_states.setdefault(int(index), {})[name] = file.get_tensor(key)
        epoch = int(json.loads(file.metadata()["epoch"]))
    net.load_state_dict(weights)
    optimiser.load_state_dict({**optimiser.state_dict(), "state": optimiser_states})
    return epoch


def delete(folder: Path) -> None:
    """Delete the checkpoint, if any: the training has ended."""
    (folder / FILE_NAME).unlink(missing_ok=True)
