"""Networks that visitors trained here or opened from a file, each a folder in timm's hub layout.

A network's name is a digest of its files, which nobody can guess, and there is no list of the
networks: only who knows a name can open it.
"""

import hashlib
import re
import shutil
import uuid
from pathlib import Path

from core.settings import Settings
from core.zoo.errors import UnknownModel
from core.zoo.folder_config import CONFIG
from core.zoo.folders import ModelFolder
from core.zoo.hub import WEIGHTS

SOURCE = "trained"
# Hexadecimal digits of a name: 64 bits.
NAME_DIGITS = 16
NAME = re.compile(rf"[0-9a-f]{{{NAME_DIGITS}}}")


def networks_folder(settings: Settings) -> Path:
    """Return the folder of these networks."""
    return settings.networks / SOURCE


def find_trained(name: str, settings: Settings) -> ModelFolder:
    """Return the folder of a network.

    Args:
        name: What follows "trained/" in the network's name.
        settings: The settings with the folder of networks.

    Raises:
        UnknownModel: The server does not have it, or no longer.
    """
    path = networks_folder(settings) / name
    # The pattern is checked first: a name from a link never becomes another path.
    if not NAME.fullmatch(name) or not path.is_dir():
        raise UnknownModel(
            f"The server does not hold the trained network {name[:NAME_DIGITS]!r}. It keeps such"
            " networks until they are deleted or have to make room for others. Train it again, or"
            " open its downloaded file on the page Train."
        )
    return ModelFolder(f"{SOURCE}/{name}", path)


def write_trained(config: bytes, weights: bytes, settings: Settings) -> ModelFolder:
    """Keep a network's files, unless they are kept already, and return their folder.

    Args:
        config: The content of config.json.
        weights: The content of model.safetensors.
        settings: The settings with the folder of networks.

    Raises:
        OSError: The folder can't be written.
    """
    digest = hashlib.sha256(hashlib.sha256(weights).digest() + config).hexdigest()[:NAME_DIGITS]
    parent = networks_folder(settings)
    target = parent / digest
    unfinished = parent / f"{digest}.{uuid.uuid4().hex}"
    try:
        unfinished.mkdir(parents=True)
        (unfinished / CONFIG).write_bytes(config)
        (unfinished / WEIGHTS).write_bytes(weights)
        try:
            unfinished.rename(target)
        except OSError:
            if not target.is_dir():  # the same network is not kept already
                raise
        target.touch()  # networks that were not used for long make room first
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return ModelFolder(f"{SOURCE}/{digest}", target)
