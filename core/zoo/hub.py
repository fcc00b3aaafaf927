"""timm's pretrained weights on the Hugging Face Hub: find cached files, get sizes, download."""

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.steps import Progress, Steps
from core.zoo.background import ByteCounter, Cancelled, in_thread_steps
from core.zoo.errors import HubUnreachable, ModelTooLarge, WeightsUnavailable

WEIGHTS = "model.safetensors"
log = logging.getLogger(__name__)

# Seconds that one request may take. Without a network, the user should see an error within 5 s.
TIMEOUT = 4.0
# At most two downloads run at once: to spare the network, and because each one's size is compared
# with the free disk space before it starts.
_download_slots = threading.Semaphore(2)
# Bytes that a download reads before it checks again whether it was cancelled.
CHUNK_BYTES = 1 << 16
# Bytes that must stay free on the disk after a download.
DISK_MARGIN = 200_000_000


@dataclass(frozen=True)
class Hub:
    """A hub and the folder in which its files are cached.

    Attributes:
        endpoint: Base URL; None for huggingface_hub's default.
        cache: The cache folder; None for huggingface_hub's default.
    """

    endpoint: str | None = None
    cache: str | None = None

    @classmethod
    def from_environment(cls) -> "Hub":
        """Return the hub that HF_ENDPOINT and HF_HUB_CACHE name at the moment.

        huggingface_hub itself reads these variables only once, when it is imported.
        """
        return cls(os.environ.get("HF_ENDPOINT"), os.environ.get("HF_HUB_CACHE"))

    def cached(self, repository: str) -> Path | None:
        """Return the path of a repository's weights in the cache; None if they are not cached."""
        from huggingface_hub import try_to_load_from_cache

        path = try_to_load_from_cache(repository, WEIGHTS, cache_dir=self.cache)
        return Path(path) if isinstance(path, str) else None

    def cached_repositories(self) -> set[str]:
        """Return the repositories that have any file in the cache.

        Lists one folder, which is much cheaper than calling `cached` for every repository.
        """
        folder = self._cache_folder()
        names = os.listdir(folder) if folder.is_dir() else []
        return {
            name.removeprefix("models--").replace("--", "/")
            for name in names
            if name.startswith("models--")
        }

    def size(self, repository: str) -> int:
        """Return the size of a repository's weights in bytes, as the hub states it.

        Raises:
            WeightsUnavailable: There is no network or there are no such weights.
        """
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        _configure_huggingface_hub()
        url = hf_hub_url(repository, WEIGHTS, endpoint=self.endpoint)
        with _translate_hub_errors(repository):
            size = get_hf_file_metadata(url, timeout=TIMEOUT, endpoint=self.endpoint).size
        if not size:
            raise WeightsUnavailable(
                suggest_alternatives(
                    f"The hub does not state the size of {repository}, so it is not downloaded."
                )
            )
        return size

    def fetch_steps(self, repository: str, limit: int) -> Steps[Path]:
        """Download a repository's weights into the cache and return the file's path.

        The progress counts bytes. A download whose connection breaks resumes where it stopped; a
        cancelled one starts from the beginning the next time.

        Args:
            repository: The hub's name of the repository: "timm/resnet18.a1_in1k".
            limit: Largest download allowed, in bytes.

        Raises:
            WeightsUnavailable: There is no network, there are no such weights, the connection
                broke, or the file is damaged.
            ModelTooLarge: The file is larger than the limit or the free disk space.
        """
        while not _download_slots.acquire(blocking=False):
            yield Progress(0, 1, note="waiting for another download")
        try:
            size = yield from self.size_steps(repository, limit)
            yield Progress(0, size)
            path = yield from in_thread_steps(
                lambda counter: self._download(repository, counter), size
            )
        finally:
            _download_slots.release()
        _refuse_damaged_file(path, repository)
        return path

    def size_steps(self, repository: str, limit: int) -> Steps[int]:
        """Return the size of a download in bytes, if it is allowed.

        Raises the same errors as `fetch_steps`.
        """
        size = yield from in_thread_steps(lambda counter: self.size(repository))
        self._check_size(repository, size, limit)
        return size

    def _download(self, repository: str, counter: ByteCounter) -> Path:
        from huggingface_hub import hf_hub_download

        _configure_huggingface_hub()
        with _translate_hub_errors(repository):
            path = hf_hub_download(
                repository,
                WEIGHTS,
                endpoint=self.endpoint,
                cache_dir=self.cache,
                etag_timeout=TIMEOUT,
                tqdm_class=counter.tqdm_class(),
            )
            return Path(path)

    def _check_size(self, repository: str, size: int, limit: int) -> None:
        if size > limit:
            raise ModelTooLarge(
                f"The weights of {repository} are {size / 1e6:,.0f} MB large; the limit for"
                f" downloads is {limit / 1e6:,.0f} MB. Choose a smaller model, or raise"
                " ZOOSCOPE_DOWNLOAD_MB on the machine that runs Zooscope."
            )
        folder = self._cache_folder()
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        if size + DISK_MARGIN > free:
            raise ModelTooLarge(
                f"The weights of {repository} are {size / 1e6:,.0f} MB large; the disk has"
                f" {free / 1e6:,.0f} MB free. Free some disk space, or set HF_HUB_CACHE to a folder"
                " on another disk."
            )

    def _cache_folder(self) -> Path:
        from huggingface_hub import constants

        return Path(self.cache or constants.HF_HUB_CACHE)


def suggest_alternatives(problem: str) -> str:
    """Append to a problem with a model's weights what the user can do instead."""
    return (
        f"{problem} Choose a bundled or local model, connect once to the internet so that the"
        " weights are cached, or open the architecture untrained."
    )


def _configure_huggingface_hub() -> None:
    """Make huggingface_hub download in small chunks over plain HTTP, and request nothing else.

    By default it reports progress in chunks of 10 MB, may use a second protocol (Xet) that can't be
    stopped, and first requests a list of agents, which takes 3 s without a network.
    """
    from huggingface_hub import constants

    constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES
    constants.HF_HUB_DISABLE_XET = True
    constants.HF_HUB_DISABLE_TELEMETRY = True


@contextmanager
def _translate_hub_errors(repository: str) -> Iterator[None]:
    """Turn huggingface_hub's errors into `WeightsUnavailable`."""
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError

    try:
        yield
    except Cancelled:
        raise
    except RepositoryNotFoundError as error:
        raise WeightsUnavailable(
            suggest_alternatives(f"The hub has no repository {repository}.")
        ) from error
    except EntryNotFoundError as error:
        raise WeightsUnavailable(
            suggest_alternatives(
                f"{repository} has no {WEIGHTS} on the hub, or the hub can't be reached."
            )
        ) from error
    except Exception as error:
        # The network layer's error types are internal to huggingface_hub, so all are caught.
        log.warning("%s can't be downloaded: %s: %s", repository, type(error).__name__, error)
        raise HubUnreachable(
            suggest_alternatives(
                f"The weights of {repository} can't be downloaded: the hub can't be reached, or"
                " the connection broke."
            )
        ) from error


def _refuse_damaged_file(path: Path, repository: str) -> None:
    """Raise an error for a damaged file and delete it, so that the next try downloads it anew."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt"):
            return
    except SafetensorError as error:
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise WeightsUnavailable(
            f"The downloaded weights of {repository} are damaged ({error}) and were deleted. Try"
            " again; if it happens again, the file on the hub is damaged: choose other weights."
        ) from error
