"""Train the run that ships with the app: what the page Train shows before anything was trained.

python -m core.train_lab
"""

import shutil
import tempfile
from pathlib import Path

import torch

from core.settings import SHIPPED_RUNS
from core.steps import drain
from core.train_lab.experiment import Experiment
from core.train_lab.reports import read
from core.train_lab.run import run_steps
from core.training import checkpoint


def main() -> None:
    """Train the first experiment of the page."""
    experiment = Experiment()
    torch.set_num_threads(1)
    shutil.rmtree(SHIPPED_RUNS, ignore_errors=True)
    target = SHIPPED_RUNS / experiment.identity
    with tempfile.TemporaryDirectory() as folder:
        drain(run_steps(experiment, Path(folder)))
        # The checkpoint, from which a run that was stopped would go on, is not needed.
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns(checkpoint.FILE_NAME))
    reports, _ = read(target)
    size = sum(file.stat().st_size for file in target.iterdir())
    print(f"{len(reports)} reports, {reports[-1].step} steps, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
