"""Compare forward passes in bfloat16 and float32: time, and agreement of saliency maps.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.precision

Prints whether this machine computes bfloat16 natively, the milliseconds per picture of both formats
at several batch sizes, and how well maps of the bundled networks agree. The formats are timed in
turns, so that other programs disturb both; the ratio is the median of the ratios of neighbours.
Takes about five minutes.
"""

import copy
import os
import platform
import statistics
from collections.abc import Callable

import torch

from benchmarks.timing import timed
from core import saliency, zoo
from core.settings import BUNDLED
from core.zoo import Model
from core.zoo.precision import BFLOAT16, fast_precision, running_in

NETWORKS = ("local/mobilenetv2_100.coral", "untrained/resnet50")
BATCH_SIZES, TURNS = (1, 8, 16), 7
METHODS = ("occlusion", "rise", "superpixels", "score_cam", "eigen_cam")


def main() -> None:
    """Run all comparisons and print their results."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" torch {torch.__version__}")  # fmt: skip
    print(f"fastest format by the processor's instructions: {fast_precision(zoo.device('auto'))}")
    for name in NETWORKS:
        m = zoo.load(name)
        for batch_size in BATCH_SIZES:
            compare_times(m, batch_size)
    for folder in sorted(BUNDLED.glob("*/")):
        m = zoo.load(f"bundled/{folder.name}")
        agreements = (saliency.bfloat16_agreement(m, method) for method in METHODS)
        pairs = zip(METHODS, agreements, strict=True)
        print(m.name, ", ".join(f"{method} {agreement:.4f}" for method, agreement in pairs))


def compare_times(m: Model, batch_size: int) -> None:
    """Print the milliseconds per picture in each format, and the ratio to float32."""
    x = torch.randn(batch_size, *m.input_size, device=m.device)
    x = x.contiguous(memory_format=torch.channels_last)
    cast, cast_x = copy.deepcopy(m.net).bfloat16(), x.bfloat16()

    def autocast() -> None:
        with running_in(BFLOAT16, m.device):
            m.net(x)

    ways: dict[str, Callable[[], object]] = {
        "float32": lambda: m.net(x),
        "bfloat16 by autocast": autocast,
        "weights and input in bfloat16": lambda: cast(cast_x),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    with torch.no_grad():
        for turn in range(TURNS + 1):
            for name, run in ways.items():
                _, taken = timed(run)
                if turn:  # the first is the warm-up
                    seconds[name].append(taken)
    print(f"{m.name}, batch of {batch_size}")
    for name, taken_by_way in seconds.items():
        ratios = [a / b for a, b in zip(taken_by_way, seconds["float32"], strict=True)]
        per_picture = 1000 * statistics.median(taken_by_way) / batch_size
        print(f"  {name}: {per_picture:.1f} ms, ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
