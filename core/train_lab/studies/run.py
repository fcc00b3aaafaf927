"""A study in a folder: it measures its rows one after another, and goes on where it was stopped."""

from functools import partial
from pathlib import Path
from typing import Any

import torch

from core.steps import Steps
from core.torch_compiler import without_compiler
from core.train_lab.run import CantKeep
from core.train_lab.studies import depth, likeness, transfer
from core.train_lab.studies.rows import (
    FILE_NAME,
    append,
    drop_unfinished_row,
    read_depth,
    read_likeness,
    read_transfer,
)
from core.train_lab.studies.study import Question, Study, from_json


def child_steps(study: dict[str, Any], folder: str) -> Steps[bool]:
    """Run a study given as JSON values, in a child process. See `study_steps`."""
    torch.set_num_threads(1)
    with without_compiler():
        yield from study_steps(from_json(study), Path(folder))
    return True


def study_steps(study: Study, folder: Path) -> Steps[None]:
    """Measure the rows of a study that its folder lacks; a step is a row.

    Args:
        study: The study.
        folder: Its folder, created where missing.

    Raises:
        CantKeep: The disk is full, or the folder was deleted.
    """
    file = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drop_unfinished_row(file)
        yield from _question_steps(study, file)
    except OSError as error:
        raise CantKeep.because(error) from error


def _question_steps(study: Study, file: Path) -> Steps[None]:
    keep = partial(append, file)
    match study.question:
        case Question.DEPTH:
            yield from depth.depth_steps(study, read_depth(file), keep)
        case Question.LIKENESS:
            yield from likeness.likeness_steps(study, read_likeness(file), keep)
        case Question.TRANSFER:
            yield from transfer.transfer_steps(study, read_transfer(file), keep)
