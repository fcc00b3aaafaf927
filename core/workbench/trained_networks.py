"""Keeps trained networks on this server, so that every page can open them as `trained/NAME`."""

import torch

from core.settings import Settings
from core.train_lab.network_file import NetworkFiles
from core.workbench.training_runs import delete_folder, make_room
from core.zoo import UnknownModel, build
from core.zoo.card import describe_folder
from core.zoo.trained import find_trained, networks_folder, write_trained

# Networks that are kept on the server, and their size in bytes.
MAX_NETWORKS, MAX_BYTES = 200, 1_000_000_000


def keep_network(files: NetworkFiles, settings: Settings) -> str:
    """Keep a network, after all checks that a folder of models has, and return its name.

    It is loaded once, so that a network that can't be opened is refused here, with the reason.

    Args:
        files: Its files, which may come from anybody.
        settings: The settings with the folder of networks.

    Raises:
        UnknownModel: The architecture is unknown, or not one that Zooscope opens.
        WeightsUnavailable: The files are not in timm's hub layout, have a value out of bounds, do
            not fit each other, or have values that are not finite.
    """
    folder = write_trained(files.config, files.weights, settings)
    opened = False
    try:
        build(describe_folder(folder), torch.device("cpu"))
        opened = True
    finally:
        if not opened:
            delete_folder(folder.path)
    make_room(networks_folder(settings), folder.path, MAX_NETWORKS, MAX_BYTES)
    return folder.name


def delete_network(name: str, settings: Settings) -> None:
    """Delete a network, if the server still holds it.

    Args:
        name: Its name, "trained/DIGEST".
        settings: The settings with the folder of networks.
    """
    try:
        folder = find_trained(name.partition("/")[2], settings)
    except UnknownModel:
        return  # it had to make room for others
    delete_folder(folder.path)
