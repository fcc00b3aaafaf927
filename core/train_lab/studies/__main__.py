"""Measure the studies that ship with the app: what the page Train shows before a click.

python -m core.train_lab.studies [QUESTION ...]
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import torch

from core.settings import SHIPPED_STUDIES
from core.steps import drain
from core.train_lab.studies.rows import FILE_NAME
from core.train_lab.studies.run import study_steps
from core.train_lab.studies.study import Question, Study, shipped_studies


def main() -> None:
    """Measure the studies of the questions that are named, or all."""
    torch.set_num_threads(1)
    wanted = sys.argv[1:] or list(Question)
    chosen = [study for study in shipped_studies() if study.question in wanted]
    for question in {study.question for study in chosen}:
        for earlier in SHIPPED_STUDIES.glob(f"{question}-*"):
            earlier.unlink()
    for study in chosen:
        _ship(study)


def _ship(study: Study) -> None:
    began, computed = time.perf_counter(), time.process_time()
    SHIPPED_STUDIES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        drain(study_steps(study, Path(folder)))
        target = SHIPPED_STUDIES / f"{study.question}-{study.identity}.jsonl"
        shutil.copyfile(Path(folder) / FILE_NAME, target)
    print(
        f"{study.question}: {study.row_count} rows, {target.stat().st_size / 1000:.0f} KB,"
        f" {time.process_time() - computed:.0f} s of one core,"
        f" {time.perf_counter() - began:.0f} s on the clock"
    )


if __name__ == "__main__":
    main()
