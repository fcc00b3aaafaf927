"""What timm's architectures are made of: the committed table and the command that makes it.

`python -m core.zoo.table` builds every architecture of the installed timm on the meta device, where
tensors have shapes and no memory, so that it needs neither weights nor a network, and writes
`architectures.csv` beside this file.
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

# Class names of modules in which every position looks at all others: attention between tokens,
# state spaces, recurrence.
TOKEN_MIXER = re.compile(
    r"Attn|Attention|ParallelScalingBlock|MHSA|GPSA|SHSA|SHMA|LiteMLA|HSMSSD|LSTM|Lambda"
)
# Gates that weigh channels or positions by a pooled summary, and heads that pool by attention: both
# sit on many CNNs.
GATE = re.compile(
    r"SplitAttn|SelectiveKernelAttn|ChannelAttn|SpatialAttn|SpatialAttention$|AttentionPool"
)

# A transformer may have a convolutional stem: LeViT's, the deepest, has four 3×3 convolutions.
STEM_CONVOLUTIONS = 4


@dataclass(frozen=True)
class Architecture:
    """What an architecture is, whatever its weights.

    Attributes:
        name: timm's name.
        family: The file of timm that defines it ("resnet", "convnext").
        kind: "CNN", "hybrid" (convolutions and token mixers), "transformer" or "MLP".
        parameters: How many, with timm's default classifier.
        multiply_adds: For one picture of timm's default size; 0 where it could not be counted.
        stages: Channels and reduction of each stage, "64/4 128/8"; empty where timm states none.
    """

    name: str
    family: str
    kind: str
    parameters: int
    multiply_adds: int
    stages: str


@cache
def architectures() -> Mapping[str, Architecture]:
    """The committed table, by architecture name."""
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


def measure(name: str) -> Architecture:
    """Build one architecture on the meta device and read what the table says of it."""
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
        # Some transformers look at values, which meta tensors have not.
        print(f"{net.default_cfg['architecture']}: not counted: {error}", file=sys.stderr)
        return 0
    return counter.get_total_flops() // 2


def _stages(net) -> str:
    info = getattr(net, "feature_info", None) or []
    stages = [stage if isinstance(stage, dict) else vars(stage) for stage in info]
    return " ".join(f"{stage['num_chs']}/{stage['reduction']}" for stage in stages)


def _measured() -> Iterator[Architecture]:
    import timm

    names = timm.list_models()
    for index, name in enumerate(names, 1):
        print(f"{index}/{len(names)} {name}", end="\r", file=sys.stderr, flush=True)
        yield measure(name)


def main() -> None:
    """Write the table anew."""
    rows = [asdict(row) for row in _measured()]
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, [field.name for field in fields(Architecture)], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
