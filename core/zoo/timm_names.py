"""The names that timm has: architectures that Zooscope opens, and their weights."""

from functools import cache
from typing import Any

from core.errors import suggest_names
from core.zoo.errors import UnknownModel
from core.zoo.table import architectures


@cache
def supported_architectures() -> frozenset[str]:
    """Return the installed timm's architectures that Zooscope opens: CNNs and hybrids.

    An architecture that is newer than the committed table is included, whatever its kind.
    """
    import timm

    table = architectures()
    return frozenset(
        name
        for name in timm.list_models()
        if name not in table or table[name].kind in ("CNN", "hybrid")
    )


def pretrained_names(architecture: str) -> list[str]:
    """Return timm's names of an architecture's weights ("resnet18.a1_in1k"), default first."""
    from timm.models import get_arch_pretrained_cfgs

    configs = get_arch_pretrained_cfgs(architecture)
    return [name for name, config in configs.items() if config.has_weights]


def check_architecture(architecture: str) -> None:
    """Check that Zooscope opens an architecture.

    Raises:
        UnknownModel: timm does not have it, or it is not a CNN or hybrid.
    """
    if architecture in supported_architectures():
        return
    facts = architectures().get(architecture)
    if facts:
        article = "an" if facts.kind == "MLP" else "a"
        raise UnknownModel(
            f"{architecture} is {article} {facts.kind}; Zooscope opens only CNNs and hybrids of"
            " CNNs and transformers."
        )
    raise UnknownModel(
        f"timm has no architecture {architecture!r}."
        + suggest_names(architecture, supported_architectures())
    )


def pretrained_config(name: str, remove_source: bool = False) -> dict[str, Any]:
    """Return timm's pretrained config; without the places of the weights if asked for."""
    from timm.models import get_pretrained_cfg

    config = get_pretrained_cfg(name)
    return dict(config.to_dict(remove_source)) if config else {}
