"""The committed table of timm's architectures, and the command that writes it.

`python -m core.zoo.table` builds every architecture of the installed timm and writes
`architectures.csv` into the folder of this file. It builds them on the meta device, where tensors
have shapes but no memory, so that it needs neither weights nor internet access.
"""

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType

TABLE = Path(__file__).with_name("architectures.csv")

# Class names of modules in which every position depends on all others: attention between tokens,
# state spaces, recurrence.
TOKEN_MIXER = re.compile(
    r"Attn|Attention|ParallelScalingBlock|MHSA|GPSA|SHSA|SHMA|LiteMLA|HSMSSD|LSTM|Lambda"
)
# Class names of modules that match TOKEN_MIXER but are part of many CNNs: gates that weight
# channels or positions by a pooled summary, and heads that pool by attention.
GATE = re.compile(
    r"SplitAttn|SelectiveKernelAttn|ChannelAttn|SpatialAttn|SpatialAttention$|AttentionPool"
)

# Convolutions up to this number can be a transformer's stem: LeViT's, the deepest, has four 3×3
# convolutions.
STEM_CONVOLUTIONS = 4


@dataclass(frozen=True)
class Architecture:
    """The facts about an architecture that don't depend on its weights.

    Attributes:
        name: timm's name.
        family: The module of timm that defines it ("resnet", "convnext").
        kind: "CNN", "hybrid" (convolutions and token mixers), "transformer" or "MLP".
        parameters: Number of parameters, with timm's default classifier.
        multiply_adds: Multiply-adds for one picture of timm's default size; 0 if they could not be
            counted.
        stages: Channels and reduction of each stage, "64/4 128/8"; empty if timm states none.
    """

    name: str
    family: str
    kind: str
    parameters: int
    multiply_adds: int
    stages: str


@cache
def architectures() -> Mapping[str, Architecture]:
    """Return the committed table, by architecture name."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return MappingProxyType(
        {
            row["name"]: Architecture(
                name=row["name"],
                family=row["family"],
                kind=row["kind"],
                parameters=int(row["parameters"]),
                multiply_adds=int(row["multiply_adds"]),
                stages=row["stages"],
            )
            for row in rows
        }
    )


def measure_architecture(name: str) -> Architecture:
    """Build an architecture on the meta device and return its row of the table."""
    import timm
    import torch

    with torch.device("meta"):
        net = timm.create_model(name).eval()
    return Architecture(
        name=name,
        family=type(net).__module__.rpartition(".")[2],
        kind=_kind(net),
        parameters=sum(parameter.numel() for parameter in net.parameters()),
        multiply_adds=_multiply_adds(net),
        stages=_stages(net),
    )


def _kind(net) -> str:
    """Classify a network by its modules. See `Architecture.kind`."""
    from torch import nn

    convolutions = sum(
        isinstance(module, nn.Conv2d | nn.Conv1d)
        and max(module.kernel_size) > 1
        and max(module.kernel_size) > max(module.stride)  # not a patch embedding
        for module in net.modules()
    )
    names = {type(module).__name__ for module in net.modules()}
    mixes_tokens = any(TOKEN_MIXER.search(name) and not GATE.search(name) for name in names)
    if mixes_tokens:
        return "hybrid" if convolutions > STEM_CONVOLUTIONS else "transformer"
    return "MLP" if type(net).__name__ == "MlpMixer" else "CNN"


def _multiply_adds(net) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    try:
        with counter, torch.no_grad():
            net(torch.empty(1, *net.default_cfg["input_size"], device="meta"))
    except (RuntimeError, NotImplementedError, TypeError, ValueError, AssertionError) as error:
        # The forward pass of some transformers reads values, which meta tensors do not have.
        name = net.default_cfg["architecture"]
        print(f"{name}: multiply-adds not counted: {error}", file=sys.stderr)
        return 0
    return counter.get_total_flops() // 2


def _stages(net) -> str:
    info = getattr(net, "feature_info", None) or []
    stages = [stage if isinstance(stage, dict) else vars(stage) for stage in info]
    return " ".join(f"{stage['num_chs']}/{stage['reduction']}" for stage in stages)


def _measure_all() -> Iterator[Architecture]:
    import timm

    names = timm.list_models()
    for index, name in enumerate(names, 1):
        print(f"{index}/{len(names)} {name}", end="\r", file=sys.stderr, flush=True)
        yield measure_architecture(name)


def main() -> None:
    """Measure all architectures and write the table."""
    rows = [asdict(row) for row in _measure_all()]
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, [field.name for field in fields(Architecture)], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
