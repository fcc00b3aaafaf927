"""timm's pretrained weights on the hub: which are here, how large the others are, fetching them."""

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.steps import Progress, Steps
from core.zoo.background import Count, GivenUp, in_thread_steps
from core.zoo.errors import ModelTooLarge, WeightsUnavailable

WEIGHTS = "model.safetensors"
log = logging.getLogger(__name__)

# With no network the user is to be told within 5 s, so one try may take this long.
TIMEOUT = 4.0
# Downloads at once, for the network's sake and because each is judged by the disk's free room.
_fetching = threading.Semaphore(2)
# Bytes between two looks at whether a download is still wanted.
PIECE = 1 << 16
# Room a download leaves on the disk.
DISK_MARGIN = 200_000_000


@dataclass(frozen=True)
class Hub:
    """A hub and the folder its files are kept in.

    Attributes:
        endpoint: Base URL; None for huggingface_hub's own.
        cache: The folder; None for huggingface_hub's own.
    """

    endpoint: str | None = None
    cache: str | None = None

    @classmethod
    def from_environment(cls) -> "Hub":
        """As HF_ENDPOINT and HF_HUB_CACHE say now (huggingface_hub reads them once, on import)."""
        return cls(os.environ.get("HF_ENDPOINT"), os.environ.get("HF_HUB_CACHE"))

    def cached(self, repository: str) -> Path | None:
        """The weights of a repository where they lie on this machine, or None."""
        from huggingface_hub import try_to_load_from_cache

        path = try_to_load_from_cache(repository, WEIGHTS, cache_dir=self.cache)
        return Path(path) if isinstance(path, str) else None

    def cached_repositories(self) -> set[str]:
        """Repositories of which something lies on this machine: one look at one folder."""
        from huggingface_hub import constants

        folder = Path(self.cache or constants.HF_HUB_CACHE)
        names = os.listdir(folder) if folder.is_dir() else []
        return {
            name.removeprefix("models--").replace("--", "/")
            for name in names
            if name.startswith("models--")
        }

    def size(self, repository: str) -> int:
        """Bytes of a repository's weights, asked of the hub.

        Raises:
            WeightsUnavailable: No network, or no such weights.
        """
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        _plain_downloads()
        url = hf_hub_url(repository, WEIGHTS, endpoint=self.endpoint)
        with _hub_errors(repository):
            size = get_hf_file_metadata(url, timeout=TIMEOUT, endpoint=self.endpoint).size
        if not size:
            raise WeightsUnavailable(
                ways_out(f"The hub does not say how large {repository} is, so it is not fetched.")
            )
        return size

    def fetch_steps(self, repository: str, limit: int) -> Steps[Path]:
        """Fetch a repository's weights into the cache.

        The steps are bytes. A download goes on where it was cut off; one that is given up begins
        anew when it is asked for again.

        Args:
            repository: "timm/resnet18.a1_in1k".
            limit: Largest download allowed, in bytes.

        Raises:
            WeightsUnavailable: No network, no such weights, cut off half-way, or damaged.
            ModelTooLarge: Larger than the limit or than the disk has room for.
        """
        while not _fetching.acquire(blocking=False):
            yield Progress(0, 1, note="waiting for another download")
        try:
            size = yield from self.size_steps(repository, limit)
            yield Progress(0, size)
            path = yield from in_thread_steps(lambda count: self._fetch(repository, count), size)
        finally:
            _fetching.release()
        _check(path, repository)
        return path

    def size_steps(self, repository: str, limit: int) -> Steps[int]:
        """The bytes a download would take, if it is allowed. Raises as `fetch_steps`."""
        size = yield from in_thread_steps(lambda count: self.size(repository))
        self._judge(repository, size, limit)
        return size

    def _fetch(self, repository: str, count: Count) -> Path:
        from huggingface_hub import hf_hub_download

        _plain_downloads()
        with _hub_errors(repository):
            path = hf_hub_download(
                repository,
                WEIGHTS,
                endpoint=self.endpoint,
                cache_dir=self.cache,
                etag_timeout=TIMEOUT,
                tqdm_class=count.meter(),
            )
            return Path(path)

    def _judge(self, repository: str, size: int, limit: int) -> None:
        from huggingface_hub import constants

        if size > limit:
            raise ModelTooLarge(
                f"{repository} has {size / 1e6:,.0f} MB; the limit is {limit / 1e6:,.0f} MB."
                " Whoever runs Zooscope can raise ZOOSCOPE_DOWNLOAD_MB."
            )
        folder = Path(self.cache or constants.HF_HUB_CACHE)
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        if size + DISK_MARGIN > free:
            raise ModelTooLarge(
                f"{repository} has {size / 1e6:,.0f} MB and the disk has {free / 1e6:,.0f} MB free."
                " Make room, or point HF_HUB_CACHE at another disk."
            )


def ways_out(what: str) -> str:
    """What a user can do who can't have a model's weights."""
    return (
        f"{what} Choose a bundled or local model, connect once so that the weights are kept here,"
        " or open the architecture untrained."
    )


def _plain_downloads() -> None:
    """Have huggingface_hub fetch in small pieces over plain HTTP, and ask for nothing else.

    By default it counts progress in pieces of 10 MB, may fetch by a second protocol (Xet) that
    can't be stopped, and first asks for a list of agents, which takes 3 s without a network.
    """
    from huggingface_hub import constants

    constants.DOWNLOAD_CHUNK_SIZE = PIECE
    constants.HF_HUB_DISABLE_XET = True
    constants.HF_HUB_DISABLE_TELEMETRY = True


@contextmanager
def _hub_errors(repository: str) -> Iterator[None]:
    """The hub's errors in the user's words."""
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError

    try:
        yield
    except GivenUp:
        raise
    except RepositoryNotFoundError as error:
        raise WeightsUnavailable(ways_out(f"The hub has no {repository}.")) from error
    except EntryNotFoundError as error:
        raise WeightsUnavailable(
            ways_out(f"{repository} has no {WEIGHTS} on the hub, or the hub can't be reached.")
        ) from error
    except Exception as error:
        # Whatever the network layer raises; its types are huggingface_hub's affair.
        log.warning("%s can't be fetched: %s: %s", repository, type(error).__name__, error)
        raise WeightsUnavailable(
            ways_out(f"The hub can't be reached for {repository}, or broke off.")
        ) from error


def _check(path: Path, repository: str) -> None:
    """Refuse a damaged file, and forget it so that the next try fetches it anew."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt"):
            return
    except SafetensorError as error:
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise WeightsUnavailable(
            f"The weights {repository} came damaged ({error}) and were thrown away. Try again; if"
            " it happens again, the hub's own file is damaged: choose other weights."
        ) from error
