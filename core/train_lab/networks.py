"""The networks that an experiment trains."""

from importlib import import_module

import torch
from torch import nn

from core.errors import ZooscopeError, suggest_names
from core.textbook import TEXTBOOK, TextbookNetwork
from core.train_lab.experiment import Experiment

# Larger networks would take minutes for what a small one learns in seconds.
MAX_PARAMETERS = 6_000_000


class NotTrainable(ZooscopeError):
    """The architecture is unknown, too large, or no CNN for pictures of this size."""


def build(experiment: Experiment) -> nn.Module:
    """Build the experiment's network with random weights from its seed, in training mode.

    Raises:
        NotTrainable: The architecture is unknown, has more than `MAX_PARAMETERS` parameters, or
            can't take pictures of the experiment's size.
    """
    torch.manual_seed(experiment.seed)
    return build_unseeded(experiment)


def build_unseeded(experiment: Experiment) -> nn.Module:
    """Build the experiment's network without setting torch's seed. Errors as for `build`."""
    classes = len(experiment.classes)
    if experiment.network == TEXTBOOK:
        return TextbookNetwork(experiment.blocks, experiment.size, classes)
    return _timm_network(experiment.network, experiment.size, classes)


def _timm_network(name: str, size: int, classes: int) -> nn.Module:
    """Build a network of timm; timm is imported here, since a textbook network is light."""
    import_module("core.timm_import")  # without torch's compiler
    import timm

    if not timm.is_model(name):
        nearest = suggest_names(name, timm.list_models())
        raise NotTrainable(f"timm has no architecture {name!r}.{nearest}")
    with torch.device("meta"):
        parameters = sum(p.numel() for p in timm.create_model(name).parameters())
    if parameters > MAX_PARAMETERS:
        raise NotTrainable(
            f"{name} has {parameters / 1e6:.1f} million parameters; choose an architecture of at"
            f" most {MAX_PARAMETERS / 1e6:g} million."
        )
    net = timm.create_model(name, num_classes=classes)
    _require_input(net, name, size)
    return net


def _require_input(net: nn.Module, name: str, size: int) -> None:
    """Raise an error unless a network can be trained on pictures of a size."""
    x = torch.zeros(2, 3, size, size)
    try:
        with torch.no_grad():
            net.eval()(x)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise NotTrainable(
            f"{name} can't take pictures of {size} × {size} pixels; choose larger ones."
        ) from error
    finally:
        net.train()
