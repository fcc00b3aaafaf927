"""timm's pretrained weights on the hub: which are here, how large the others are, fetching them."""

import logging
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.steps import Progress, Steps
from core.zoo.errors import ModelTooLarge, WeightsUnavailable

WEIGHTS = "model.safetensors"
log = logging.getLogger(__name__)

# With no network the user is to be told within 5 s, so one try may take this long.
TIMEOUT = 4.0
# How often a download that has nothing new to tell gives its engine a chance to cancel it.
HEARTBEAT = 0.2
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
        size = self.size(repository)
        self._judge(repository, size, limit)
        yield Progress(0, size)
        path = Path((yield from _in_thread(lambda meter: self._fetch(repository, meter), size)))
        _check(path, repository)
        return path

    def _fetch(self, repository: str, meter: type) -> str:
        from huggingface_hub import hf_hub_download

        _plain_downloads()
        with _hub_errors(repository):
            path: str = hf_hub_download(
                repository,
                WEIGHTS,
                endpoint=self.endpoint,
                cache_dir=self.cache,
                etag_timeout=TIMEOUT,
                tqdm_class=meter,
            )
            return path

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


class _GivenUp(Exception):
    """The download's generator was closed."""


@contextmanager
def _hub_errors(repository: str) -> Iterator[None]:
    """The hub's errors in the user's words."""
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError

    try:
        yield
    except _GivenUp:
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


def _in_thread(work: Callable[[type], str], total: int) -> Steps[str]:
    """Run a download in a thread of its own, since it gives no generator.

    Args:
        work: Takes the tqdm class that counts the bytes.
        total: Bytes to come.
    """
    outcome: queue.Queue[str | Exception] = queue.Queue()
    count = _Count()

    def run() -> None:
        try:
            outcome.put(work(count.meter()))
        except Exception as error:
            outcome.put(error)  # raised below, in the thread of who asked

    threading.Thread(target=run, daemon=True, name="download").start()
    try:
        while True:
            try:
                result = outcome.get(timeout=HEARTBEAT)
                break
            except queue.Empty:
                yield Progress(min(count.bytes, total), total)
    finally:
        count.stopped = True
    if isinstance(result, Exception):
        raise result
    return result


class _Count:
    """Bytes counted in one thread, read in another."""

    def __init__(self) -> None:
        self.bytes = 0
        self.stopped = False

    def meter(count) -> type:  # noqa: N805 - the class inside has a self of its own
        from tqdm import tqdm

        class Meter(tqdm):
            def __init__(self, *args: Any, **options: Any):
                super().__init__(*args, **options | {"disable": True})
                count.bytes = self.n

            def update(self, n: float | None = 1) -> None:
                if count.stopped:
                    raise _GivenUp
                count.bytes += int(n or 0)

        return Meter


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
