"""Background tasks that download networks' weights and picture sets."""

from core.sets import SetLibrary
from core.workbench.engine import BackgroundTask
from core.zoo import Card, Hub


def weights_size(card: Card, limit: int) -> BackgroundTask:
    """Background task that asks the hub for the size of a network's weights, in bytes.

    It fails if the size exceeds the limit.

    Args:
        card: The network's card.
        limit: Largest size of a download, in bytes.
    """
    return BackgroundTask(
        f"size:{card.repository}",
        lambda: Hub.from_environment().size_steps(card.repository, limit),
    )


def weights_download(card: Card, limit: int) -> BackgroundTask:
    """Background task that downloads a network's weights. Arguments as for `weights_size`."""
    return BackgroundTask(
        f"download:{card.repository}",
        lambda: Hub.from_environment().fetch_steps(card.repository, limit),
    )


def imagenette_size(sets: SetLibrary, variant: str) -> BackgroundTask:
    """Background task that asks for the size of a variant of Imagenette, in bytes."""
    return BackgroundTask(f"size:imagenette-{variant}", lambda: sets.imagenette_size_steps(variant))


def imagenette_download(sets: SetLibrary, variant: str) -> BackgroundTask:
    """Background task that downloads a variant of Imagenette and returns its folder's name."""
    return BackgroundTask(f"download:imagenette-{variant}", lambda: sets.imagenette_steps(variant))
