"""What the environment may set, read in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ZooscopeError

BUNDLED = Path(__file__).resolve().parent.parent / "weights"


class BadSetting(ZooscopeError):
    """An environment variable holds something Zooscope can't use."""


@dataclass(frozen=True)
class Settings:
    """Zooscope's settings, one per ZOOSCOPE_ variable.

    Attributes:
        models: Folders whose sub-folders are models in timm's hub layout.
        pictures: Folders of pictures that visitors may look over.
        store: fsspec URL under which results are kept.
        sets: Folder in which picture sets that were fetched are kept.
        engine: Where computations run: "local".
        device: "auto", "cpu", "cuda" or "cuda:1".
        memory_mb: Bound on the models kept loaded, in 10⁶ bytes.
        store_mb: Bound on a local store, in 10⁶ bytes.
        download_mb: Largest download, of weights or of pictures, in 10⁶ bytes.
    """

    models: tuple[Path, ...] = ()
    pictures: tuple[Path, ...] = ()
    store: str = str(Path.home() / ".cache" / "zooscope" / "store")
    sets: Path = Path.home() / ".cache" / "zooscope" / "sets"
    engine: str = "local"
    device: str = "auto"
    memory_mb: int = 600
    store_mb: int = 2000
    download_mb: int = 500

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings.

        Raises:
            BadSetting: A size is no positive whole number, or the engine is unknown.
        """
        engine = environment.get("ZOOSCOPE_ENGINE") or cls.engine
        if engine != "local":
            raise BadSetting(f"ZOOSCOPE_ENGINE is {engine!r}; this version has only 'local'.")
        return cls(
            models=_folders(environment, "ZOOSCOPE_MODELS"),
            pictures=_folders(environment, "ZOOSCOPE_PICTURES"),
            store=environment.get("ZOOSCOPE_STORE") or cls.store,
            sets=Path(environment.get("ZOOSCOPE_SETS") or cls.sets),
            engine=engine,
            device=environment.get("ZOOSCOPE_DEVICE") or cls.device,
            memory_mb=_size(environment, "ZOOSCOPE_MEMORY_MB", cls.memory_mb),
            store_mb=_size(environment, "ZOOSCOPE_STORE_MB", cls.store_mb),
            download_mb=_size(environment, "ZOOSCOPE_DOWNLOAD_MB", cls.download_mb),
        )


def _folders(environment: Mapping[str, str], name: str) -> tuple[Path, ...]:
    return tuple(Path(text) for text in environment.get(name, "").split(os.pathsep) if text)


def _size(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) == 0:
        raise BadSetting(f"{name} is {text!r}; give a positive whole number of megabytes.")
    return int(text)
