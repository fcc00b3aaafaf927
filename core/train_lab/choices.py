"""The architectures of timm that the page Train offers, known without building them."""

from core.errors import suggest_names
from core.train_lab.networks import MAX_PARAMETERS, NotTrainable
from core.zoo.table import architectures

# Small CNNs of different designs that learn dog, wolf and cat at 48 or 64 pixels, the best first;
# benchmarks/RESULTS.md has what they reached, and others that did not.
SUGGESTED = (
    "test_nfnet", "test_resnet", "test_byobnet", "starnet_s050", "test_efficientnet", "regnetx_002",
)  # fmt: skip


def all_networks() -> list[str]:
    """Return the names of timm's CNNs, the smallest first; those that are too large, too.

    Who looks for a large one finds it, and reads why it can't be trained (`check_trainable`).
    """
    cnns = [row for row in architectures().values() if row.kind == "CNN"]
    return [row.name for row in sorted(cnns, key=lambda row: row.parameters)]


def check_trainable(name: str) -> None:
    """Check that an architecture can be trained here.

    Raises:
        NotTrainable: timm has no such architecture, it is no CNN, or it is too large.
    """
    facts = architectures().get(name)
    if facts is None:
        nearest = suggest_names(name, all_networks())
        raise NotTrainable(f"timm has no architecture {name!r}.{nearest}")
    if facts.kind != "CNN":
        kind = {"hybrid": "a hybrid of a CNN and a transformer"}.get(facts.kind, f"a {facts.kind}")
        raise NotTrainable(f"{name} is {kind}; only CNNs are trained here. {_way_out()}")
    if facts.parameters > MAX_PARAMETERS:
        raise NotTrainable(
            f"{name} has {facts.parameters / 1e6:.1f} million parameters; training it here would"
            f" take too long. {_way_out()}"
        )


def parameters_text(name: str) -> str:
    """Return in words how large an architecture is, with timm's own classifier."""
    facts = architectures()[name]
    small = ", a small version that timm has for its tests" if name.startswith("test_") else ""
    return f"{facts.parameters / 1e6:.1f} million parameters, of the family {facts.family}{small}"


def _way_out() -> str:
    limit = f"{MAX_PARAMETERS / 1e6:g} million parameters"
    return f"Choose a CNN of at most {limit}, such as {', '.join(SUGGESTED[:3])}."
