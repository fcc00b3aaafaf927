"""Compare Zooscope alone with Zooscope beside other programs, with libgomp's waiting and its own.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.neighbours

Run nothing else at the same time. Takes about ten minutes on two cores.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from joblib import cpu_count

from core.settings import Settings

NETWORK, LAYER, CHANNELS = "local/mobilenetv2_100.coral", "blocks.3.2", 24
GRADIENTS = 16
# A page of neurons takes 256 steps; the time grows with their number.
STEPS = 16
ROUNDS = {"picture": 20, "gradients": 4, "neurons": 2}
# What OpenMP did before Zooscope set anything: all cores of the machine, libgomp's spin count.
BEFORE = {"OMP_NUM_THREADS": str(os.cpu_count()), "GOMP_SPINCOUNT": "300000"}
SETTINGS: Mapping[str, Mapping[str, str]] = {"before": BEFORE, "now": {}}
# Neighbours: "loop" keeps one core busy, "torch" computes convolutions with all cores.
SCENARIOS: Mapping[str, Sequence[str]] = {
    "alone": (), "one loop": ("loop",), "two loops": ("loop",) * 2,
    "one torch process": ("torch",), "two torch processes": ("torch",) * 2,
}  # fmt: skip
ONE_CORE = "alone, on one core of two"
# Seconds until a neighbour computes, and after which a measurement is given up.
STARTING, LONGEST = 6, 400


def main() -> None:
    """Measure every scenario with both settings, and print seconds and ratios to the time alone."""
    if len(sys.argv) > 1:
        {"measure": measure, "loop": keep_busy, "torch": compute_without_end}[sys.argv[1]]()
        return
    print(f"{cpu_count()} cores. Median seconds, and the ratio to 'before' alone.")
    alone = print_scenario("alone", SCENARIOS["alone"], None)
    for name, kinds in SCENARIOS.items():
        if kinds:
            print_scenario(name, kinds, alone)
    print_scenario(ONE_CORE, (), alone, cores={min(os.sched_getaffinity(0))})


def print_scenario(
    name: str,
    kinds: Sequence[str],
    alone: Mapping[str, float] | None,
    cores: set[int] | None = None,
) -> Mapping[str, float]:
    """Measure a scenario with both settings, print it, and return the times of "before"."""
    with neighbours(kinds):
        times = {setting: measured(SETTINGS[setting], cores) for setting in SETTINGS}
    reference = alone or times["before"]
    for setting, seconds in times.items():
        columns = [
            f"{work} {value:8.3f} s ({value / reference[work]:5.1f} ×)"
            for work, value in seconds.items()
        ]
        print(f"{name:26} {setting:7}", *(columns or [f"more than {LONGEST} s"]), flush=True)
    return times["before"]


@contextmanager
def neighbours(kinds: Sequence[str]) -> Iterator[None]:
    """Run neighbours with the default settings of OpenMP inside the context."""
    environment = {name: value for name, value in os.environ.items() if "OMP" not in name}
    processes = [subprocess.Popen(command(kind), env=environment) for kind in kinds]
    try:
        if processes:
            time.sleep(STARTING)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def measured(setting: Mapping[str, str], cores: set[int] | None) -> dict[str, float]:
    """Return the median seconds of each kind of work, from a new process; empty if too slow."""
    names = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    limit = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    try:
        process = subprocess.run(
            command("measure"), env=environment | dict(setting), stdout=subprocess.PIPE,
            preexec_fn=limit, timeout=LONGEST, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {}
    times: dict[str, float] = json.loads(process.stdout)
    return times


def command(kind: str) -> list[str]:
    """Return the command that runs this file in another role."""
    return [sys.executable, "-m", "benchmarks.neighbours", kind]


def measure() -> None:
    """Print the median seconds of each kind of work as JSON."""
    import torch

    from core import images, predict, visualize, zoo
    from core.threads import ThreadsByLoad

    threads = ThreadsByLoad()
    m = zoo.load(NETWORK)
    photo = images.read(photographs()[0])
    objectives = [visualize.channel(LAYER, index) for index in range(CHANNELS)]
    inputs = m.preprocess([photo] * m.batch_size)

    def adjust() -> None:  # as the app does before every step
        if os.environ["GOMP_SPINCOUNT"] != BEFORE["GOMP_SPINCOUNT"]:
            threads.adjust()

    def picture() -> None:
        adjust()
        predict.top_classes(m, [photo])

    def neurons() -> None:
        for _ in visualize.render_steps(m, objectives, steps=STEPS):
            adjust()

    def gradients() -> None:
        with m.borrow(backward=True) as net:
            for start in range(0, GRADIENTS, len(inputs)):
                adjust()
                x = inputs[: GRADIENTS - start].clone().requires_grad_(True)
                torch.autograd.grad(net(x).amax(1).sum(), x)

    work: Mapping[str, Callable[[], object]] = {
        "picture": picture,
        "gradients": gradients,
        "neurons": neurons,
    }
    print(json.dumps({name: median_seconds(work[name], ROUNDS[name]) for name in work}))


def median_seconds(compute: Callable[[], object], rounds: int) -> float:
    """Return the median time of a computation, after a first one that is not counted."""
    compute()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        compute()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def photographs() -> list[Path]:
    """Return the labelled photographs beside the folder of models."""
    return sorted((Settings.from_environment().models[0].parent / "photos").glob("*.png"))


def keep_busy() -> None:
    """Keep a core busy until the process is killed."""
    while True:
        pass


def compute_without_end() -> None:
    """Compute convolutions with all cores until the process is killed."""
    import torch

    x, convolution = torch.randn(8, 64, 112, 112), torch.nn.Conv2d(64, 64, 3, padding=1)
    with torch.inference_mode():
        while True:
            torch.relu(convolution(x)).softmax(1)


if __name__ == "__main__":
    main()
