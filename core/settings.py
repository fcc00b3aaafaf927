"""Read Zooscope's settings from the ZOOSCOPE_ environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ZooscopeError
from core.host_memory import MEGABYTE, memory_limits

BUNDLED = Path(__file__).resolve().parent.parent / "weights"
# Results that ship with the networks whose weights come with a package; those of the bundled
# networks are in the networks' own folders.
SHIPPED = BUNDLED.parent / "shipped"
# Training runs that ship: the page Train shows the first one before anything was trained.
SHIPPED_RUNS = SHIPPED / "runs"
# Studies that ship: what the other views of the page show.
SHIPPED_STUDIES = SHIPPED / "studies"


class BadSetting(ZooscopeError):
    """An environment variable has a value that Zooscope can't use."""


@dataclass(frozen=True)
class Settings:
    """Zooscope's settings, one for each ZOOSCOPE_ variable but ZOOSCOPE_ENGINE.

    The engine is chosen in `core.workbench.engine`.

    Attributes:
        models: Folders whose subfolders are models in timm's hub layout.
        pictures: Folders of pictures that visitors can open as picture sets.
        store: fsspec URL under which results are stored.
        sets: Folder for downloaded picture sets.
        networks: Folder for the weights of installed packages, converted to safetensors, and for
            networks that visitors trained.
        runs: Folder for training runs.
        device: "auto", "cpu", "cuda", "cuda:1" or "mps".
        memory_mb: Largest total size of the models kept in memory, in 10⁶ bytes. The default
            follows the memory that the server may use.
        store_mb: Largest size of a local store, in 10⁶ bytes.
        download_mb: Largest single download of weights or pictures, in 10⁶ bytes.
    """

    models: tuple[Path, ...] = ()
    pictures: tuple[Path, ...] = ()
    store: str = str(Path.home() / ".cache" / "zooscope" / "store")
    sets: Path = Path.home() / ".cache" / "zooscope" / "sets"
    networks: Path = Path.home() / ".cache" / "zooscope" / "networks"
    runs: Path = Path.home() / ".cache" / "zooscope" / "runs"
    device: str = "auto"
    memory_mb: int = field(default_factory=lambda: memory_limits().networks // MEGABYTE)
    store_mb: int = 2000
    download_mb: int = 500

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings of an environment; unset or empty variables get their defaults.

        Raises:
            BadSetting: A size is not a positive whole number.
        """
        defaults = cls()
        return cls(
            models=_folders(environment, "ZOOSCOPE_MODELS"),
            pictures=_folders(environment, "ZOOSCOPE_PICTURES"),
            store=environment.get("ZOOSCOPE_STORE") or cls.store,
            sets=Path(environment.get("ZOOSCOPE_SETS") or cls.sets),
            networks=Path(environment.get("ZOOSCOPE_NETWORKS") or cls.networks),
            runs=Path(environment.get("ZOOSCOPE_RUNS") or cls.runs),
            device=environment.get("ZOOSCOPE_DEVICE") or cls.device,
            memory_mb=_size(environment, "ZOOSCOPE_MEMORY_MB", defaults.memory_mb),
            store_mb=_size(environment, "ZOOSCOPE_STORE_MB", cls.store_mb),
            download_mb=_size(environment, "ZOOSCOPE_DOWNLOAD_MB", cls.download_mb),
        )


def _folders(environment: Mapping[str, str], name: str) -> tuple[Path, ...]:
    return tuple(Path(text) for text in environment.get(name, "").split(os.pathsep) if text)


def _size(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) == 0:
        raise BadSetting(f"{name} is {text!r}; set it to a positive whole number of megabytes.")
    return int(text)
