"""Model cards: all that is known about a model, from its name, without loading it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from core.errors import suggest_names
from core.settings import BUNDLED, Settings
from core.textbook import TEXTBOOK
from core.zoo import installed, provenance, trained
from core.zoo.errors import UnknownModel, WeightsUnavailable
from core.zoo.folder_config import RGB, read_folder_config, wrong_channels
from core.zoo.folders import ModelFolder, find_folders
from core.zoo.hub import WEIGHTS, Hub, suggest_alternatives
from core.zoo.labels import class_labels
from core.zoo.preprocessing import Preprocessing
from core.zoo.table import Architecture, architectures
from core.zoo.timm_names import check_architecture, pretrained_config, pretrained_names

# When the bundled networks were trained.
BUNDLED_YEAR = "2026"


@dataclass(frozen=True)
class Card:
    """All that is known about a model without loading it.

    Attributes:
        name: The name that `load` takes: "resnet18.a1_in1k", "installed/NAME", "bundled/NAME",
            "local/FOLDER", "trained/DIGEST", "untrained/resnet18", or "untrained/resnet18@5" with
            another seed than 0.
        architecture: timm's name of the architecture, or "textbook" (`core.textbook`).
        source: "hub", "installed", "bundled", "local", "trained" or "untrained".
        config: timm's pretrained config; that of a folder also has its `model_args`.
        folder: The folder of a bundled, local or trained model, and the folder into which the
            weights of an installed package are converted; None for other sources.
        repository: The hub repository of the weights; empty if they are not on the hub.
        seed: The seed of an untrained network's random weights.
    """

    name: str
    architecture: str
    source: str
    config: Mapping[str, Any] = field(repr=False)
    folder: Path | None = None
    repository: str = ""
    seed: int = 0

    @property
    def title(self) -> str:
        """A short name to display, which states when the network is untrained.

        Two models can have the same title; see `distinct_titles`.
        """
        if self.source == "untrained":
            return f"{self.architecture} (untrained{f', seed {self.seed}' if self.seed else ''})"
        if self.source == trained.SOURCE and (description := provenance.description(self.config)):
            return description
        return self.name.rpartition("/")[2]

    @property
    def facts(self) -> Architecture | None:
        """The architecture's row of the committed table; None if it is newer than the table."""
        return architectures().get(self.architecture)

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """The preprocessing that the model's config states."""
        return Preprocessing.from_config(self.config)

    @property
    def input_size(self) -> tuple[int, int, int]:
        """Channels, height and width of the network's input."""
        return self.preprocessing.input_size

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A label per class; empty for a network that doesn't classify.

        Outputs of a hub model that have no labels are not classes: CLIP's image towers, for
        example, return embeddings. Unlabelled outputs of other models are numbered.
        """
        count = self.config.get("num_classes") or 0
        names = class_labels(self.config)
        if len(names) == count or self.source == "hub":
            return names
        return tuple(f"class {index}" for index in range(count))

    @property
    def knows_scenes_only(self) -> bool:
        """True if the network was trained on drawn scenes and never saw a photograph."""
        return self.config.get("tag") == "scenes"

    @property
    def license(self) -> str:
        """The licence of the weights, as in SPDX ("Apache-2.0"); empty if it is unknown."""
        if self.source == "bundled":
            return "MIT"  # like the project, as the folders' README files say
        return "" if self.source == "untrained" else provenance.license_name(self.config)

    @property
    def trained_on(self) -> str:
        """The training data, "ImageNet-22k, then ImageNet-1k"; empty if they are unknown."""
        return "" if self.source == "untrained" else provenance.training_data(self.config)

    @property
    def year(self) -> str:
        """The year in which the weights or their paper were published; empty if it is unknown."""
        if self.source == installed.SOURCE:
            return installed.PACKAGES[self.title].year
        if self.source == "bundled":
            return BUNDLED_YEAR
        return "" if self.source == "untrained" else provenance.paper_year(self.config)

    @property
    def where(self) -> str:
        """Where the weights are now.

        One of "installed" (in a Python package), "bundled", "local", "trained" (here, by a
        visitor), "cached" (downloaded from the hub before), "hub" (not downloaded yet), "refused"
        (`refusal` has the reason) and "untrained".
        """
        if self.refusal:
            return "refused"
        if self.source != "hub":
            return self.source
        return "cached" if self.weights else "hub"

    @property
    def refusal(self) -> str:
        """The reason why Zooscope does not open the model, and the way out; empty if it does."""
        # Not from `input_size`, for which timm is imported.
        channels = (self.config.get("input_size") or (RGB,))[0]
        if channels != RGB:
            return wrong_channels(self.name, channels)
        if self.source == "hub" and not self.repository:
            return (
                f"timm offers {self.name} only as a pickled file, which can run code when it is"
                f" opened; Zooscope reads only safetensors. Open untrained/{self.architecture}, or"
                " choose other weights."
            )
        return ""

    def check_openable(self) -> None:
        """Raise an error if Zooscope does not open the model.

        Raises:
            WeightsUnavailable: The message has the reason.
        """
        if self.refusal:
            raise WeightsUnavailable(self.refusal)

    @property
    def weights(self) -> Path | None:
        """The weights file on this machine; None if there is none.

        That of an installed package may not exist yet: loading the network makes it.
        """
        if self.folder:
            return self.folder / WEIGHTS
        return Hub.from_environment().cached(self.repository) if self.repository else None

    def available_weights(self) -> Path:
        """Return the weights file on this machine.

        Raises:
            WeightsUnavailable: The weights are not downloaded yet, or not available at all.
        """
        self.check_openable()
        if self.weights is None:
            raise WeightsUnavailable(
                suggest_alternatives(f"The weights of {self.name} are not downloaded yet.")
            )
        return self.weights


def describe(name: str, settings: Settings | None = None, seed: int = 0) -> Card:
    """Return the card of a model.

    Only names that timm, the bundled zoo or the model folders list are accepted, and digests of
    trained networks, so that user input never becomes a path or a repository.

    Args:
        name: A name as in `Card.name`; a hub name without a tag means timm's default weights.
        settings: The settings with the model folders; by default those of the environment.
        seed: The seed of "untrained/ARCHITECTURE"; a seed in the name takes precedence.

    Raises:
        UnknownModel: No model has this name; the message lists the nearest names.
        WeightsUnavailable: A model's folder is not in timm's hub layout, or has a value out of
            bounds.
    """
    source, slash, rest = name.partition("/")
    if not slash:
        return _hub_card(name)
    if source == "untrained":
        return _untrained_card(rest, seed)
    settings = settings or Settings.from_environment()
    if source == installed.SOURCE and rest in installed.PACKAGES:
        return installed_card(rest, settings)
    if source == trained.SOURCE:
        return describe_folder(trained.find_trained(rest, settings))
    folders = model_folders(settings)
    found = {folder.name: folder for folder in reversed(folders)}  # the first of a name counts
    if name not in found:
        known = [*found, *(f"installed/{known}" for known in installed.installed_networks())]
        raise UnknownModel(f"There is no model {name!r}.{suggest_names(name, known)}")
    return describe_folder(found[name])


def installed_card(name: str, settings: Settings) -> Card:
    """Return the card of a network whose weights come with a Python package.

    Nothing is read or converted: that happens when the network is loaded.

    Args:
        name: A key of `installed.PACKAGES`.
        settings: The settings with the folder for converted weights.

    Raises:
        WeightsUnavailable: The package is not installed.
    """
    package = installed.PACKAGES[name]
    if not installed.is_installed(package):
        raise installed.missing_package(package)
    # Another package of the same name would have another digest, and so another folder.
    folder = settings.networks / f"{name}-{package.sha256[:16]}"
    config = pretrained_config(package.weights, remove_source=True) | {"license": package.license}
    return Card(f"installed/{name}", package.architecture, installed.SOURCE, config, folder=folder)


def describe_folder(folder: ModelFolder) -> Card:
    """Return the card of a bundled, local or trained model.

    Raises:
        UnknownModel: The architecture is unknown, or not one that Zooscope opens.
        WeightsUnavailable: The folder is not in timm's hub layout, or has a value out of bounds.
    """
    if folder.problem:
        raise WeightsUnavailable(f"{folder.name} is not opened. {folder.problem}")
    architecture, config = read_folder_config(folder.name, folder.path)
    if architecture != TEXTBOOK:
        check_architecture(architecture)
    if not os.path.isfile(folder.path / WEIGHTS):  # unlike Path.is_file, also where unreadable
        raise WeightsUnavailable(f"{folder.name} has no {WEIGHTS} that is a file. Replace it.")
    source = folder.name.partition("/")[0]
    return Card(folder.name, architecture, source, config, folder=folder.path)


def model_folders(settings: Settings) -> list[ModelFolder]:
    """Return the folders of bundled and local models."""
    return list(
        find_folders([("bundled", BUNDLED), *(("local", path) for path in settings.models)])
    )


def _hub_card(name: str) -> Card:
    architecture, _, tag = name.partition(".")
    check_architecture(architecture)
    names = pretrained_names(architecture)
    if not names:
        raise UnknownModel(
            f"timm has no weights for {architecture}. Open untrained/{architecture}."
        )
    if not tag:
        name = names[0]
    if name not in names:
        raise UnknownModel(
            f"{architecture} has no weights {tag!r}. Choose one of: {', '.join(names)}."
        )
    config = pretrained_config(name)
    return Card(
        name=name,
        architecture=architecture,
        source="hub",
        config=config,
        repository=config.get("hf_hub_id", ""),
    )


def _untrained_card(architecture_and_seed: str, default_seed: int) -> Card:
    architecture, _, digits = architecture_and_seed.partition("@")
    check_architecture(architecture)
    seed = int(digits) if digits.isdecimal() and len(digits) < 10 else default_seed
    name = f"untrained/{architecture}" + (f"@{seed}" if seed else "")
    return Card(name, architecture, "untrained", pretrained_config(architecture), seed=seed)
