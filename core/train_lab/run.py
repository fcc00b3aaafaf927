"""A training run in a folder: it draws its pictures, trains, reports, keeps weights, and ends."""

import errno
import math
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from core.errors import ZooscopeError
from core.steps import Progress, Steps
from core.threads import limit_to_one_thread
from core.torch_compiler import without_compiler
from core.train_lab import networks, reports
from core.train_lab.experiment import Experiment, from_json
from core.train_lab.kept_weights import is_kept, keep
from core.train_lab.pictures import (
    TRAINING,
    VALIDATION,
    LabelledPictures,
    PicturesInTheMaking,
    first_pictures,
    read_own_pictures,
    with_wrong_labels,
)
from core.train_lab.reports import End, Report, Setup
from core.train_lab.snapshot import Snapshots
from core.train_lab.trainer import Diverged, StepResult, Trainer, Validation, validate
from core.training import checkpoint

# Seconds between two reports: the page shows ten updates in a second.
REPORT_SECONDS = 0.1
# Steps between two looks at the validation pictures; the end of an epoch is another.
VALIDATE_EVERY = 100
# A run ends when the validation loss has not fallen for this many epochs and steps: with few
# pictures an epoch has few steps.
PATIENCE, PATIENCE_STEPS = 8, 150
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


class CantKeep(ZooscopeError):
    """The files of a run can't be written; the message says why, and what is kept."""

    @classmethod
    def because(cls, error: OSError) -> "CantKeep":
        """Return the error for visitors: what the system says may have the server's paths."""
        if error.errno in FULL_DISK:
            return cls(
                "The disk of the server is full, and the training has stopped. Finished epochs are"
                " kept: once there is room again, it goes on from the last one."
            )
        if isinstance(error, FileNotFoundError):
            return cls(
                "The folder of this run was deleted while it was trained, and the training has"
                " stopped. Train it again."
            )
        return cls(
            f"The server can't write the files of this run ({error.strerror}), and the training has"
            " stopped. Whoever runs the server can allow it (ZOOSCOPE_RUNS)."
        )


def child_steps(experiment: dict[str, Any], folder: str) -> Steps[bool]:
    """Run an experiment given as JSON values, in a child process. See `run_steps`.

    A small network is trained fastest by one thread.
    """
    torch.set_num_threads(1)
    with without_compiler():
        yield from run_steps(from_json(experiment), Path(folder))
    return True


def run_steps(experiment: Experiment, folder: Path) -> Steps[None]:
    """Train a network, and write reports and weights into a folder; a step is a batch.

    A run that was interrupted goes on from its last finished epoch. A second thread draws the
    scenes. The first epoch takes them in the order in which they are drawn, so that training
    begins at once, and its steps do not depend on how fast they come.

    Args:
        experiment: What to train, on what, and how.
        folder: Folder of the run; created where missing.

    Raises:
        NotTrainable: The network can't be trained.
        PicturesLost: The folder does not hold the visitor's own pictures.
        CantKeep: The disk is full, or the folder was deleted.
    """
    artist = ThreadPoolExecutor(1, initializer=limit_to_one_thread)
    try:
        yield from _run_steps(experiment, folder, artist)
    except OSError as error:
        raise CantKeep.because(error) from error
    finally:
        artist.shutdown(cancel_futures=True)


def _run_steps(experiment: Experiment, folder: Path, artist: ThreadPoolExecutor) -> Steps[None]:
    folder.mkdir(parents=True, exist_ok=True)
    experiment.write(folder)
    training, validation = _open_sets(experiment, folder, artist)
    trainer = Trainer(experiment, networks.build(experiment), training)
    first = checkpoint.restore(folder, trainer.net, trainer.optimiser)
    run = _Run(experiment, folder, trainer, validation, first)
    run.write_setup()
    if first == 0:
        run.report()
    yield from run.train_steps(first)


def _open_sets(
    experiment: Experiment, folder: Path, artist: ThreadPoolExecutor
) -> tuple[LabelledPictures | PicturesInTheMaking, LabelledPictures | PicturesInTheMaking]:
    """Return the training and the validation pictures. Scenes are drawn as they are needed."""
    if experiment.picture_set:
        own = read_own_pictures(folder, TRAINING)
        labels = with_wrong_labels(experiment, own.labels)
        return LabelledPictures(own.pictures, labels), read_own_pictures(folder, VALIDATION)
    training = PicturesInTheMaking(experiment, TRAINING, artist)
    validation = PicturesInTheMaking(experiment, VALIDATION, artist)
    training.draw(experiment.batch * VALIDATE_EVERY)
    validation.draw()
    training.draw()
    return training, validation


class _Run:
    """The state of a run between two reports."""

    def __init__(
        self,
        experiment: Experiment,
        folder: Path,
        trainer: Trainer,
        validation: LabelledPictures | PicturesInTheMaking,
        first_epoch: int,
    ):
        self._experiment = experiment
        self._folder = folder
        self._trainer = trainer
        self._validation = validation
        (self._watched,) = first_pictures(experiment, VALIDATION, folder, count=1).pictures
        self._snapshots = Snapshots(trainer.net, self._watched)
        self._total = experiment.epochs * experiment.steps_per_epoch
        self._step = first_epoch * experiment.steps_per_epoch
        reports.drop_unfinished_line(folder)
        earlier, _ = reports.read(folder)
        self._reported_step = earlier[-1].step if earlier else -1
        self._earlier_seconds = earlier[-1].seconds if earlier else 0.0
        self._started = self._reported = time.monotonic()
        self._since: list[StepResult] = []

    def write_setup(self) -> None:
        """Write what stays the same during the run."""
        net = self._trainer.net
        setup = Setup(
            self._experiment.classes, tuple(self._trainer.layers), self._snapshots.names,
            sum(parameter.numel() for parameter in net.parameters()),
        )  # fmt: skip
        picture = Image.fromarray(self._watched.permute(1, 2, 0).numpy())
        reports.write_setup(self._folder, setup, picture)

    def train_steps(self, first_epoch: int) -> Steps[None]:
        """Train until the goal is reached, or until it no longer gets closer."""
        losses: list[float] = []
        for epoch in range(first_epoch, self._experiment.epochs):
            try:
                for _ in self._epoch(epoch):
                    yield Progress(self._step, self._total, note=f"epoch {epoch + 1}")
            except Diverged:
                self.report(end=End.DIVERGED)
                checkpoint.delete(self._folder)
                return
            measured = self.validate()
            losses.append(measured.loss)
            end = self._end(epoch, measured, losses)
            self.report(measured=measured, end=end)
            if end:
                checkpoint.delete(self._folder)  # it may be as large as all other files together
                return
            checkpoint.save(self._folder, self._trainer.net, self._trainer.optimiser, epoch + 1)

    def validate(self) -> Validation:
        """Measure the network on the validation pictures."""
        return validate(self._trainer.net, self._validation.all(), len(self._experiment.classes))

    def report(self, measured: Validation | None = None, end: End | None = None) -> None:
        """Write a report, and keep the weights where they are due or the run ends.

        A run that goes on from an earlier epoch repeats the steps after it, with equal results:
        they have been reported.
        """
        since, self._since = self._since, []
        if self._step <= self._reported_step and end is None:
            return
        self._reported = time.monotonic()
        confusion = tuple(map(tuple, measured.confusion.tolist())) if measured else None
        snapshot = self._snapshots.take()
        kept = is_kept(self._step) or end is not None
        if kept:
            keep(self._folder, self._trainer.net, self._step)
        reports.append(self._folder, Report(
            step=self._step,
            epoch=self._step / self._experiment.steps_per_epoch,
            seconds=self._earlier_seconds + self._reported - self._started,
            loss=_mean([each.loss for each in since]),
            accuracy=_mean([each.accuracy for each in since]),
            gradients=_finite_or_0(since[-1].gradients if since else ()),
            probabilities=_finite_or_0(snapshot.probabilities),
            filters=snapshot.filters,
            maps=snapshot.maps,
            validation_loss=_mean([measured.loss]) if measured else None,
            validation_accuracy=measured.accuracy if measured else None,
            confusion=confusion,
            kept=kept,
            end=end,
        ))  # fmt: skip

    def _epoch(self, epoch: int) -> Iterator[None]:
        for result in self._trainer.epoch(epoch):
            self._step += 1
            self._since.append(result)
            due = time.monotonic() - self._reported >= REPORT_SECONDS
            last = self._step % self._experiment.steps_per_epoch == 0
            if self._step % VALIDATE_EVERY == 0 and not last:
                self.report(measured=self.validate())
            elif (due or is_kept(self._step)) and not last:
                self.report()
            yield

    def _end(self, epoch: int, measured: Validation, losses: list[float]) -> End | None:
        if measured.accuracy >= self._experiment.goal:
            return End.GOAL
        if not math.isfinite(measured.loss):
            return End.DIVERGED
        patience = max(PATIENCE, math.ceil(PATIENCE_STEPS / self._experiment.steps_per_epoch))
        if len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience]):
            return End.STALLED
        return End.EPOCHS if epoch + 1 == self._experiment.epochs else None


def _mean(values: list[float]) -> float | None:
    """Return the mean; none without values, or where it is no finite number: JSON has none."""
    mean = sum(values) / len(values) if values else math.nan
    return mean if math.isfinite(mean) else None


def _finite_or_0(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(value if math.isfinite(value) else 0.0 for value in values)
