"""What is known of a model without loading it: from its name to its card."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from core.errors import nearest
from core.settings import BUNDLED, Settings
from core.zoo.errors import UnknownModel, WeightsUnavailable
from core.zoo.hub import WEIGHTS, Hub, ways_out
from core.zoo.labels import labels_of
from core.zoo.preprocessing import Preprocessing
from core.zoo.table import Architecture, architectures

CONFIG = "config.json"
# What a folder's config may hold, as far as Zooscope itself reads it.
KINDS = {
    "architecture": str,
    "num_classes": int,
    "label_names": list,
    "label_descriptions": dict,
    "input_size": list,
    "mean": list,
    "std": list,
}


@dataclass(frozen=True)
class Card:
    """What is known of a model without loading it.

    Attributes:
        name: How it is loaded: "resnet18.a1_in1k", "bundled/NAME", "local/FOLDER",
            "untrained/resnet18", or "untrained/resnet18@5" with another seed than 0.
        architecture: timm's name of the architecture.
        source: "hub", "bundled", "local" or "untrained".
        config: timm's pretrained config.
        folder: Where a bundled or local model lies.
        repository: Where on the hub the weights lie; empty where nowhere.
        seed: Of an untrained network's random weights.
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
        """A name to show: short, and never silent about missing training."""
        if self.source == "untrained":
            return f"{self.architecture} (untrained{f', seed {self.seed}' if self.seed else ''})"
        return self.name.rpartition("/")[2]

    @property
    def facts(self) -> Architecture | None:
        """The table's row of the architecture; None for one newer than the table."""
        return architectures().get(self.architecture)

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """What the model wants done to a picture."""
        return Preprocessing.of(self.config)

    @property
    def input_size(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.preprocessing.input_size

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name per class; empty for a network that doesn't classify.

        On the hub, outputs that nothing names are no classes: CLIP's image towers give embeddings.
        """
        count = self.config.get("num_classes") or 0
        names = labels_of(self.config)
        if len(names) == count or self.source == "hub":
            return names
        return tuple(f"class {index}" for index in range(count))

    @property
    def knows_scenes_only(self) -> bool:
        """It was trained on drawn scenes, and knows nothing of photographs."""
        return self.config.get("tag") == "scenes"

    @property
    def where(self) -> str:
        """Where the weights are now.

        One of "bundled", "local", "cached" (fetched from the hub before), "hub" (to be fetched),
        "refused" (not to be had as safetensors) and "untrained".
        """
        if self.source != "hub":
            return self.source
        if not self.repository:
            return "refused"
        return "cached" if self.weights else "hub"

    @property
    def weights(self) -> Path | None:
        """The weights file on this machine, or None."""
        if self.folder:
            return self.folder / WEIGHTS
        return Hub.from_environment().cached(self.repository) if self.repository else None

    def available_weights(self) -> Path:
        """The weights file on this machine.

        Raises:
            WeightsUnavailable: It has to be fetched first, or can't be had at all.
        """
        if self.where == "refused":
            raise WeightsUnavailable(
                f"timm offers {self.name} only as a pickled file, which can run code when it is"
                f" opened; Zooscope reads safetensors. Open untrained/{self.architecture}, or"
                " choose other weights."
            )
        if self.weights is None:
            raise WeightsUnavailable(ways_out(f"The weights of {self.name} are not here yet."))
        return self.weights


def describe(name: str, settings: Settings | None = None, seed: int = 0) -> Card:
    """The card of a model.

    Only names that timm, the bundled zoo or the model folders list are known, so that nothing a
    user types becomes a path or a repository.

    Raises:
        UnknownModel: No such model; the message names the nearest.
        WeightsUnavailable: A local model's folder is not in timm's hub layout.
    """
    source, slash, rest = name.partition("/")
    if not slash:
        return _hub_card(name)
    if source == "untrained":
        architecture, _, digits = rest.partition("@")
        _check_architecture(architecture)
        seed = int(digits) if digits.isdecimal() and len(digits) < 10 else seed
        name = f"untrained/{architecture}" + (f"@{seed}" if seed else "")
        return Card(name, architecture, source, _timm_config(architecture), seed=seed)
    found = folders(settings or Settings.from_environment())
    if name not in found:
        raise UnknownModel(f"There is no model {name!r}.{nearest(name, found)}")
    return _folder_card(name, found[name])


def folders(settings: Settings) -> dict[str, Path]:
    """Bundled and local models by name; of two with one name the first counts."""
    found: dict[str, Path] = {}
    for source, parent in [("bundled", BUNDLED), *(("local", path) for path in settings.models)]:
        for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
            if (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file():
                found.setdefault(f"{source}/{folder.name}", folder)
    return found


@cache
def known_architectures() -> frozenset[str]:
    """What the installed timm can build and Zooscope opens: CNNs and hybrids."""
    import timm

    table = architectures()
    return frozenset(
        name
        for name in timm.list_models()
        if name not in table or table[name].kind in ("CNN", "hybrid")
    )


def pretrained_names(architecture: str) -> list[str]:
    """An architecture's weights at timm, "resnet18.a1_in1k", its default first."""
    from timm.models import get_arch_pretrained_cfgs

    configs = get_arch_pretrained_cfgs(architecture)
    return [name for name, config in configs.items() if config.has_weights]


def _check_architecture(architecture: str) -> None:
    if architecture in known_architectures():
        return
    fact = architectures().get(architecture)
    if fact:
        raise UnknownModel(
            f"{architecture} is {_article(fact.kind)}; Zooscope opens CNNs and their hybrids."
        )
    raise UnknownModel(
        f"timm has no architecture {architecture!r}." + nearest(architecture, known_architectures())
    )


def _article(kind: str) -> str:
    return f"an {kind}" if kind == "MLP" else f"a {kind}"


def _hub_card(name: str) -> Card:
    architecture, _, tag = name.partition(".")
    _check_architecture(architecture)
    tagged = pretrained_names(architecture)
    if not tag and tagged:
        name = tagged[0]
    if name not in tagged:
        others = ", ".join(tagged) or f"none; open untrained/{architecture}"
        raise UnknownModel(f"{architecture} has no weights {tag!r}. It has: {others}.")
    config = _timm_config(name)
    return Card(
        name=name,
        architecture=architecture,
        source="hub",
        config=config,
        repository=config.get("hf_hub_id", ""),
    )


def _timm_config(name: str) -> dict[str, Any]:
    from timm.models import get_pretrained_cfg

    config = get_pretrained_cfg(name)
    return dict(config.to_dict()) if config else {}


def _check_kinds(config: Mapping[str, Any]) -> None:
    """Refuse a config whose values are of the wrong kind, before they break something far away."""
    for key, kind in KINDS.items():
        value = config.get(key)
        if not isinstance(value, kind) and (value is not None or key == "architecture"):
            raise TypeError(f"{key} is {value!r}")
    if len(config.get("input_size") or "chw") != 3:
        raise ValueError(f"input_size is {config['input_size']!r}")


def _folder_card(name: str, folder: Path) -> Card:
    try:
        raw = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        architecture = raw["architecture"]
        # What timm's own reader does: beside the config stand facts that belong into it.
        beside = ("num_classes", "label_names", "label_descriptions")
        config = raw["pretrained_cfg"] | {key: raw[key] for key in beside if key in raw}
        _check_kinds({"architecture": architecture, **config})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsUnavailable(
            f"{name} has no {CONFIG} in timm's hub layout ({type(error).__name__}: {error})."
        ) from error
    _check_architecture(architecture)
    return Card(name, architecture, name.partition("/")[0], config, folder=folder)
