"""Measure the page Train: how soon something moves, how fast networks learn, what a run takes.

    python -m benchmarks.training [memory]

For each question of the page, with the settings that it offers first: seconds until the goal, of
drawing and training in a child process as the page starts it, and right answers for new scenes of
other seeds. Then how soon the curves move, what being watched costs, the size of a run, and the
memory of its process. A goal is in brackets.

With "memory": how much memory a server has not given back after five runs, which sessions start,
watch and end as the page does.
"""

import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil

from core.child_process import ReadyChild
from core.settings import SHIPPED_RUNS, Settings
from core.steps import Steps, drain
from core.train_lab import reports, run
from core.train_lab.experiment import Experiment
from core.train_lab.one_step import explain_step, load_weights
from core.train_lab.pictures import VALIDATION, draw_all
from core.train_lab.studies.study import CARS, FACES, PETS
from core.train_lab.trainer import validate
from core.workbench import Workbench
from core.workbench.training_runs import (
    prepare_training,
    ready_trainer,
    run_folder,
    training_task,
)

QUESTIONS = {
    "dog, wolf, cat": (PETS, 60),
    "faces": (FACES, 90),
    "cars": (CARS, 90),
}
# Seeds of the new scenes, 300 of each.
FRESH_SEEDS = range(5000, 5005)
# Seconds between two looks at the child's memory, and at its reports.
LOOK = 0.02
# Reports after which a curve moves: the state before the first step, and two steps.
MOVES = 3
# Seconds that a process has to get ready.
GET_READY = 10
# Runs after which the server's memory is measured, their epochs, seconds between two looks at the
# reports, and seconds after which freed memory has gone back to the system.
RUNS, EPOCHS, POLL, GIVES_BACK = 5, 3, 0.3, 5


class Watcher(threading.Thread):
    """Measures a run from outside: when its reports come, and the memory of its process."""

    def __init__(self, folder: Path):
        super().__init__(daemon=True)
        self._file = folder / reports.FILE_NAME
        self._began = time.perf_counter()
        self._over = threading.Event()
        self.reported_at: list[float] = []
        self.memory = self.own_memory = 0

    def run(self) -> None:
        """Look until `stop`."""
        while not self._over.wait(LOOK):
            for child in psutil.Process().children():
                self._look_at(child)
            if len(self.reported_at) < MOVES and self._file.is_file():
                now = time.perf_counter() - self._began
                new = self._file.read_bytes().count(b"\n") - len(self.reported_at)
                self.reported_at += [now] * new

    def stop(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()

    def _look_at(self, child: psutil.Process) -> None:
        try:
            info = child.memory_full_info()
        except psutil.Error:
            return
        self.memory = max(self.memory, info.rss)
        self.own_memory = max(self.own_memory, info.uss)


def main() -> None:
    """Print all figures, or those of the server's memory."""
    if "memory" in sys.argv[1:]:
        _measure_server()
        return
    with tempfile.TemporaryDirectory() as name:
        runs = Path(name)
        for title, (classes, goal) in QUESTIONS.items():
            _measure_question(runs, title, Experiment(classes=classes), goal)
    _measure_start(None, "no process ready")
    trainer = ready_trainer()
    trainer.prepare()
    time.sleep(GET_READY)
    _measure_start(trainer, "a process ready")
    _measure_watching()


def _measure_question(runs: Path, title: str, experiment: Experiment, goal: float) -> None:
    folder = run_folder(runs, experiment)
    watcher = Watcher(folder)
    watcher.start()
    started = time.perf_counter()
    drain(training_task(runs, experiment).start())
    seconds = time.perf_counter() - started
    watcher.stop()
    found, _ = reports.read(folder)
    size = sum(file.stat().st_size for file in folder.iterdir())
    last = found[-1]
    print(
        f"{title}: {seconds:.1f} s [{goal}] to {last.validation_accuracy:.0%} of its new scenes"
        f" [90%] and {_fresh_accuracy(folder, experiment, last.step):.1%} of those of other seeds,"
        f" ended for {last.end}, {len(found) / last.seconds:.0f} reports a second,"
        f" run {size / 1e6:.1f} MB [25], memory of the process {watcher.memory / 1e6:.0f} MB,"
        f" of it its own {watcher.own_memory / 1e6:.0f} MB",
        flush=True,
    )


def _fresh_accuracy(folder: Path, experiment: Experiment, step: int) -> float:
    net = load_weights(folder, experiment, step)
    count = len(experiment.classes)
    measured = [
        validate(net, draw_all(replace(experiment, seed=seed), VALIDATION), count).accuracy
        for seed in FRESH_SEEDS
    ]
    return sum(measured) / len(measured)


def _measure_start(trainer: ReadyChild | None, title: str) -> None:
    """Print when the first reports come after the click."""
    with tempfile.TemporaryDirectory() as name:
        runs, experiment = Path(name), Experiment()
        watcher = Watcher(run_folder(runs, experiment))
        watcher.start()
        steps: Steps[object] = training_task(runs, experiment, trainer=trainer).start()
        while len(watcher.reported_at) < MOVES:
            next(steps)
        steps.close()
        watcher.stop()
        first, moves = watcher.reported_at[0], watcher.reported_at[MOVES - 1]
        print(f"{title}: first report after {first:.1f} s, the curve moves after {moves:.1f} s [2]")


def _measure_watching() -> None:
    """Print how much longer training takes because it is watched, as the median of five pairs."""
    experiment = replace(Experiment(), goal=1.0, epochs=12)
    ratios = []
    for _ in range(5):
        watched = _seconds_of_steps(experiment)
        usual, run.REPORT_SECONDS = run.REPORT_SECONDS, 1e9
        try:
            ratios.append(watched / _seconds_of_steps(experiment))
        finally:
            run.REPORT_SECONDS = usual
    median = sorted(ratios)[len(ratios) // 2]
    print(f"watched at ten reports a second: {median:.2f} times as long [1.10]")


def _seconds_of_steps(experiment: Experiment) -> float:
    """Return the seconds from the first step to the end, without drawing the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        steps = run.run_steps(experiment, Path(folder))
        while next(steps).step == 0:
            pass
        started = time.perf_counter()
        drain(steps)
        return time.perf_counter() - started


def _measure_server() -> None:
    """Print the memory of a server and its child processes before and after five runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = replace(
            Settings(), store=str(folder / "store"), runs=folder / "runs",
            networks=folder / "networks", sets=folder / "sets",
        )  # fmt: skip
        bench = Workbench(settings)
        bare = _server_memory()
        first = Experiment()
        _look_at_step(first, run_folder(SHIPPED_RUNS, first))
        start = _server_memory()
        after = []
        for seed in range(RUNS):
            experiment = replace(Experiment(), goal=1.0, epochs=EPOCHS, seed=seed)
            _train_as_page(bench, experiment)
            after.append(_server_memory())
        bench.trainer.close()
        time.sleep(GIVES_BACK)
        left = _server_memory()
    own = ", ".join(f"{(memory - start) / 1e6:+.0f}" for memory in after)
    print(f"memory of the server and its processes: {bare / 1e6:.0f} MB, {start / 1e6:.0f} MB with"
          f" the run that ships on the page; after each run {own} MB;"
          f" at the end {(left - start) / 1e6:+.0f} MB [50],"
          f" {len(psutil.Process().children(recursive=True))} child processes")  # fmt: skip


def _train_as_page(bench: Workbench, experiment: Experiment) -> None:
    """Start a run, read its reports while it goes on, and look at a step when it has ended."""
    runs = bench.settings.runs
    task = training_task(runs, experiment, bench.sets.find, trainer=bench.trainer)
    folder, position = run_folder(runs, experiment), 0
    while not (answer := bench.background_jobs.ask(task, "visitor")).done:
        time.sleep(POLL)
        _, position = reports.read(folder, position)
    if answer.error:
        raise answer.error
    prepare_training(bench.trainer)
    _look_at_step(experiment, folder)


def _look_at_step(experiment: Experiment, folder: Path) -> None:
    """Compute the last step in numbers, as the page does in the server's process."""
    found, _ = reports.read(folder)
    explain_step(experiment, load_weights(folder, experiment, found[-1].step), folder)


def _server_memory() -> int:
    """Return the resident memory of this process and its children in bytes."""
    server = psutil.Process()
    return sum(each.memory_info().rss for each in [server, *server.children(recursive=True)])


if __name__ == "__main__":
    main()
