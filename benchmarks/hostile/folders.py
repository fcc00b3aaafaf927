"""Model folders that are made to stop the server: what listing and opening each of them takes.

`python -m benchmarks.hostile.folders` prints a line for each kind.
"""

import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# Writes a model folder, which does not exist yet.
Write = Callable[[Path], None]
CONFIG: dict[str, Any] = {
    "architecture": "test_efficientnet",
    "num_classes": 3,
    "label_names": ["owl", "wren", "tit"],
    "pretrained_cfg": {
        "input_size": [3, 64, 64],
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "crop_pct": 1.0,
        "num_classes": 3,
    },
}
# An entry of a safetensors header.
TENSOR = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
MANY = "2,000 folders"
# Seconds after which a child process is ended.
LONGEST = 120


@dataclass(frozen=True)
class Measured:
    """What a folder takes beside nothing else.

    Attributes:
        name: The kind of folder.
        listing: Seconds until the catalog and the refused folders are listed.
        opening: Seconds until the folder is opened or refused.
        memory: Growth of the peak of resident memory, in bytes.
        outcome: "listed as refused", the type of the error that opening it raised, "opened", or
            "no end" where the child process had to be ended.
    """

    name: str
    listing: float
    opening: float
    memory: int
    outcome: str


def kinds() -> Iterator[tuple[str, Write]]:
    """Yield a name and a function that writes the folder for each kind."""
    yield from _configs()
    yield from _preprocessings()
    yield from _files()
    yield from _weights()


def _configs() -> Iterator[tuple[str, Write]]:
    for number in (10**8, 10**30, -1, True, "3"):
        yield f"num_classes {number!r}", partial(_write_config, num_classes=number)
    names: dict[str, Any] = {
        "a list as label": [[1], "b", "c"],
        "a control character in a label": ["a\x00", "b", "c"],
        "half a surrogate pair in a label": ["\ud800", "b", "c"],
        "reversed text in a label": ["\u202egnp", "b", "c"],
        "a label of 2 MB": ["a" * 2_000_000, "b", "c"],
        "100,000 labels": [str(number) for number in range(100_000)],
    }
    for name, labels in names.items():
        yield name, partial(_write_config, label_names=labels)
    yield "a label description of lists", partial(_write_config, label_descriptions={"owl": [1]})
    arguments: dict[str, Any] = {
        "depth_multiplier": 1000, "channel_multiplier": 4000, "layers": [10**6] * 4,
        "in_chans": 1, "num_classes": 10**6, "device": "meta", "pretrained_strict": False,
        "act_layer": "a" * 1_000_000,
    }  # fmt: skip
    for name, value in arguments.items():
        yield f"model_args {name}", partial(_write_config, model_args={name: value})
    yield "model_args in a list", partial(_write_config, model_args=[1])
    yield "an unknown architecture of 2 MB", partial(_write_config, architecture="a" * 2_000_000)


def _preprocessings() -> Iterator[tuple[str, Write]]:
    values: dict[str, tuple[Any, ...]] = {
        "input_size": ([], [3, 10**6, 10**6], [3, 0, 64], [3, 64.5, 64], [3, "64", 64], [1, 64, 64],
                       [10**9, 64, 64], [3, -64, 64]),
        "mean": ([], [0.5], [True] * 3, ["a"] * 3, [10**400] * 3),
        "std": ([0, 0, 0], [-1.0] * 3, [1e-300] * 3),
        "crop_pct": (1e-9, -1, True, 1e300),
        "interpolation": ("random", 3, [1]),
        "crop_mode": ("other", {}),
    }  # fmt: skip
    for key, bad_values in values.items():
        for value in bad_values:
            yield f"{key} {str(value)[:30]}", partial(_write_preprocessing, key, value)


def _files() -> Iterator[tuple[str, Write]]:
    texts = {
        "deeply nested": b"[" * 100_000 + b"]" * 100_000,
        "nested within the limit of the parser": b'{"a":' * 400 + b"1" + b"}" * 400,
        "NaN": _text().replace(b"1.0", b"NaN"),
        "1e999": _text().replace(b"1.0", b"1e999"),
        "with a byte order mark": b"\xef\xbb\xbf" + _text(),
        "UTF-16": _text().decode().encode("utf-16"),
        "not UTF-8": _text().replace(b"owl", b"\xff"),
        "of 50 MB": _text() + b" " * 50_000_000,
        "a number of 100,000 digits": _text().replace(b"1.0", b"1" * 100_000),
    }
    for name, text in texts.items():
        yield f"a config {name}", partial(_write, text, None)
    for file in ("config.json", "model.safetensors"):
        yield f"{file} is a pipe", partial(_replace, file, os.mkfifo)
        yield f"{file} is a folder", partial(_replace, file, os.mkdir)
        yield f"{file} links to itself", partial(_replace, file, partial(os.symlink, file))
        yield f"{file} links to nothing", partial(_replace, file, partial(os.symlink, "nothing"))
        yield f"{file} is a device", partial(_replace, file, partial(os.symlink, "/dev/zero"))
    yield "a name that is not UTF-8", _write_unreadable_name
    yield MANY, _write_many


def _weights() -> Iterator[tuple[str, Write]]:
    headers: dict[str, Any] = {
        "a tensor of 2^80 values": {"a": TENSOR | {"shape": [2**40, 2**40]}},
        "a tensor of negative size": {"a": TENSOR | {"shape": [-1]}},
        "a tensor without shape": {"a": {}},
        "a list as header": [1],
    }
    for name, header in headers.items():
        weights = _weights_file(json.dumps(header).encode())
        yield f"weights with {name}", partial(_write, _text(), weights)
    yield "weights with a million tensors", _write_million_tensors
    yield "weights with a nested header", partial(_write, _text(), _weights_file(b"[" * 100_000))
    size = struct.pack("<Q", 2**63)
    yield "weights with a header of 2^63 bytes", partial(_write, _text(), size + b"{}")
    yield "empty weights", partial(_write, _text(), b"")


def _text(**changes: Any) -> bytes:
    return json.dumps(CONFIG | changes).encode()


def _write(config: bytes, weights: bytes | None, folder: Path) -> None:
    folder.mkdir()
    (folder / "config.json").write_bytes(config)
    weights = _weights_file(json.dumps({"a": TENSOR}).encode()) if weights is None else weights
    (folder / "model.safetensors").write_bytes(weights)


def _weights_file(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + bytes(4)


def _write_million_tensors(folder: Path) -> None:
    header = {f"layer.{index}.weight": TENSOR for index in range(1_000_000)}
    _write(_text(), _weights_file(json.dumps(header).encode()), folder)


def _write_config(folder: Path, **changes: Any) -> None:
    _write(_text(**changes), None, folder)


def _write_preprocessing(key: str, value: Any, folder: Path) -> None:
    _write(_text(pretrained_cfg=CONFIG["pretrained_cfg"] | {key: value}), None, folder)


def _replace(file: str, make: Callable[[Path], None], folder: Path) -> None:
    _write(_text(), None, folder)
    (folder / file).unlink()
    make(folder / file)


def _write_unreadable_name(folder: Path) -> None:
    _write(_text(), None, folder.with_name(os.fsdecode(b"\xff")))


def _write_many(folder: Path) -> None:
    """Write a folder whose config is bad, and good ones beside it."""
    _write_config(folder, num_classes=-1)
    for index in range(2000):
        _write(_text(), None, folder.with_name(f"{index:04}"))


def measure() -> Iterator[Measured]:
    """Write a folder of each kind, and measure it in a child process."""
    for name, write in kinds():
        with tempfile.TemporaryDirectory() as parent:
            write(Path(parent) / "bad")
            yield _measure_in_child(name, Path(parent))


def _measure_in_child(name: str, parent: Path) -> Measured:
    command = [sys.executable, "-m", "benchmarks.hostile.folders", str(parent)]
    try:
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, timeout=LONGEST, check=True
        )
    except subprocess.TimeoutExpired:
        return Measured(name, LONGEST, LONGEST, 0, "no end")
    return Measured(name, **json.loads(done.stdout.splitlines()[-1]))


def _measure_here(parent: Path) -> dict[str, Any]:
    """List and open the models of a folder."""
    from core import zoo
    from core.errors import ZooscopeError
    from core.settings import Settings

    settings = Settings(models=(parent,))
    zoo.load("untrained/test_efficientnet")  # what is read on first use
    zoo.catalog(Settings())
    before, start = _peak_memory(), time.perf_counter()
    zoo.catalog(settings)
    refused = len(zoo.refused_folders(settings))
    listed = time.perf_counter()
    try:
        zoo.build(zoo.describe("local/bad", settings), zoo.device("cpu"))
        outcome = "opened"
    except ZooscopeError as error:
        outcome = "listed as refused" if refused else type(error).__name__
    return {
        "listing": listed - start, "opening": time.perf_counter() - listed,
        "memory": _peak_memory() - before, "outcome": outcome,
    }  # fmt: skip


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Print what every kind takes; with a folder as argument, what its models take, as JSON."""
    if len(sys.argv) > 1:
        print(json.dumps(_measure_here(Path(sys.argv[1]))))
        return
    for each in measure():
        print(
            f"{each.name[:48]:48} {each.listing:7.2f} s {each.opening:7.2f} s"
            f" {each.memory / 1e6:7.0f} MB  {each.outcome}",
            flush=True,
        )


if __name__ == "__main__":
    main()
