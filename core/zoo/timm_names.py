"""The names that timm has: architectures, and their weights."""

from functools import cache
from typing import Any

from core.errors import suggest_names
from core.zoo.errors import UnknownModel


@cache
def architecture_names() -> frozenset[str]:
    """Return the names of the installed timm's architectures."""
    import timm

    return frozenset(timm.list_models())


def pretrained_names(architecture: str) -> list[str]:
    """Return timm's names of an architecture's weights ("resnet18.a1_in1k"), default first."""
    from timm.models import get_arch_pretrained_cfgs

    configs = get_arch_pretrained_cfgs(architecture)
    return [name for name, config in configs.items() if config.has_weights]


def check_architecture(architecture: str) -> None:
    """Check that timm has an architecture.

    Raises:
        UnknownModel: timm does not have it; the message names the nearest ones.
    """
    if architecture not in architecture_names():
        raise UnknownModel(
            f"timm has no architecture {architecture!r}."
            + suggest_names(architecture, architecture_names())
        )


def pretrained_config(name: str, remove_source: bool = False) -> dict[str, Any]:
    """Return timm's pretrained config; without the places of the weights if asked for."""
    from timm.models import get_pretrained_cfg

    config = get_pretrained_cfg(name)
    return dict(config.to_dict(remove_source)) if config else {}
