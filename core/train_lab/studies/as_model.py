"""A network of a study as a model, for the methods that every page uses."""

import tempfile
from pathlib import Path

import torch
from torch import nn

from core.train_lab.experiment import Experiment
from core.train_lab.kept_weights import keep
from core.train_lab.network_file import network_files
from core.zoo import Model, build
from core.zoo.card import describe_folder
from core.zoo.folder_config import CONFIG
from core.zoo.folders import ModelFolder
from core.zoo.hub import WEIGHTS


def as_model(net: nn.Module, experiment: Experiment) -> Model:
    """Return a model with the network's weights in 16 bits, as the page Train keeps them.

    Args:
        net: The network, which stays as it is.
        experiment: The experiment that it was built for.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keep(folder, net, step=0)
        files = network_files(folder, experiment, step=0)
        (folder / CONFIG).write_bytes(files.config)
        (folder / WEIGHTS).write_bytes(files.weights)
        return build(describe_folder(ModelFolder("trained/study", folder)), torch.device("cpu"))
