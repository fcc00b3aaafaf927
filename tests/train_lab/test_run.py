"""Training runs: they learn, repeat exactly, go on where they stopped, and end for a reason."""

import errno
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from core.steps import drain
from core.train_lab import networks, pictures, reports, run
from core.train_lab.experiment import Difficulty, Experiment
from core.train_lab.kept_weights import is_kept
from core.train_lab.pictures import (
    TRAINING,
    VALIDATION,
    LabelledPictures,
    PicturesInTheMaking,
    draw_all,
)
from core.train_lab.reports import End
from core.train_lab.run import CantKeep, run_steps
from core.train_lab.trainer import Trainer, validate
from core.training.augmentation import as_input

PLAIN = Difficulty(0, 0, 0, 0)
EASY = Experiment(("dog", "fir"), pictures=20, size=32, blocks=2, difficulty=PLAIN, epochs=12)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    drain(run_steps(EASY, folder))
    return folder


def test_a_run_reaches_its_goal_and_reports_it(finished):
    found, _ = reports.read(finished)
    assert found[0].step == 0
    assert found[-1].end is End.GOAL
    assert found[-1].validation_accuracy >= EASY.goal
    assert found[-1].loss < found[1].loss
    steps = [report.step for report in found]
    assert steps == sorted(set(steps))


def test_the_last_report_is_true(finished):
    found, _ = reports.read(finished)
    last = found[-1]
    net = networks.build(EASY)
    weights = load_file(finished / f"weights-{last.step:06d}.safetensors")
    net.load_state_dict({name: value.float() for name, value in weights.items()})
    given = draw_all(EASY, VALIDATION)
    measured = validate(net, given, 2)
    assert measured.accuracy == pytest.approx(last.validation_accuracy, abs=0.01)
    assert sum(map(sum, last.confusion)) == len(given.labels)
    with torch.no_grad():
        answer = net(as_input(given.pictures[:1]))[0].softmax(0)
    torch.testing.assert_close(answer, torch.tensor(last.probabilities), atol=0.01, rtol=0)
    setup = reports.read_setup(finished)
    assert setup.layers == ("conv1", "conv2", "dense")
    assert len(last.gradients) == 3
    assert [tiles.shape[0] for tiles in last.maps] == [8] * len(setup.maps)


def test_the_same_experiment_gives_the_same_weights(finished, tmp_path):
    drain(run_steps(EASY, tmp_path))
    for file in finished.glob("weights-*"):
        again = tmp_path / file.name
        if again.is_file():  # when reports are due depends on the clock
            assert again.read_bytes() == file.read_bytes()
    names = {file.name for file in finished.glob("weights-*")}
    assert names & {file.name for file in tmp_path.glob("weights-*")}


def test_a_run_that_was_stopped_goes_on_and_ends_equally(finished, tmp_path):
    steps = run_steps(EASY, tmp_path)
    for progress in steps:
        if progress.step > EASY.steps_per_epoch + 1:
            break
    steps.close()
    drain(run_steps(EASY, tmp_path))
    ours, _ = reports.read(tmp_path)
    whole, _ = reports.read(finished)
    assert ours[-1].step == whole[-1].step
    assert ours[-1].validation_loss == pytest.approx(whole[-1].validation_loss)
    steps = [report.step for report in ours]
    assert steps == sorted(set(steps))


def test_a_rate_that_is_too_high_ends_with_words(tmp_path):
    drain(run_steps(replace(EASY, optimiser="sgd", rate=100.0, epochs=3), tmp_path))
    found, _ = reports.read(tmp_path)
    assert found[-1].end is End.DIVERGED


def test_a_rate_of_zero_ends_because_nothing_gets_better(tmp_path):
    drain(run_steps(replace(EASY, rate=0.0, goal=1.0, batch=1, pictures=10), tmp_path))
    found, _ = reports.read(tmp_path)
    assert found[-1].end is End.STALLED
    assert 8 < found[-1].epoch < 12


def test_part_of_a_line_is_read_once_it_is_whole(finished, tmp_path):
    data = (finished / reports.FILE_NAME).read_bytes()
    whole, _ = reports.read(finished)
    cut = data.index(b"\n") + 10
    (tmp_path / reports.FILE_NAME).write_bytes(data[:cut])
    first, position = reports.read(tmp_path)
    (tmp_path / reports.FILE_NAME).write_bytes(data)
    rest, _ = reports.read(tmp_path, position)
    assert [*first, *rest] == list(whole)
    assert len(first) == 1


def test_weights_are_kept_often_at_first():
    kept = [step for step in range(10_000) if is_kept(step)]
    assert kept[:9] == list(range(9))
    assert 30 < len(kept) < 60


def test_gradients_are_those_of_the_loss():
    training = draw_all(replace(EASY, pictures=4), TRAINING)
    experiment = replace(EASY, pictures=4, batch=8, optimiser="sgd", rate=0.5)
    net = networks.build(experiment)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    (result,) = Trainer(experiment, net, training).epoch(0)
    same = networks.build(experiment)
    loss = functional.cross_entropy(same(as_input(training.pictures)), training.labels)
    gradient = torch.autograd.grad(loss, same.conv1.weight)[0]
    assert result.loss == pytest.approx(loss.item(), rel=1e-5)
    assert result.gradients[0] == pytest.approx(gradient.norm().item(), rel=1e-4)
    expected = before["conv1.weight"] - 0.5 * gradient
    torch.testing.assert_close(net.conv1.weight.detach(), expected, rtol=1e-4, atol=1e-6)


def test_no_picture_is_in_both_sets():
    training, validation = draw_all(EASY, TRAINING), draw_all(EASY, VALIDATION)
    seen = {picture.numpy().tobytes() for picture in training.pictures}
    assert not seen & {picture.numpy().tobytes() for picture in validation.pictures}


def test_wrong_labels_are_as_many_as_asked_and_all_wrong():
    labels = pictures.true_labels(EASY, TRAINING)
    changed = pictures.with_wrong_labels(replace(EASY, wrong_labels=0.25), labels)
    assert (changed != labels).sum() == 10


def test_the_weights_do_not_depend_on_how_fast_pictures_are_drawn(monkeypatch):
    monkeypatch.setattr(pictures, "DRAWN_AT_ONCE", 16)
    experiment = replace(EASY, batch=12, wrong_labels=0.2)

    class SlowThread(ThreadPoolExecutor):
        def submit(self, draw, *arguments):
            return super().submit(lambda: (time.sleep(0.05), draw(*arguments)))

    class Eager(ThreadPoolExecutor):
        def submit(self, draw, *arguments):
            future = super().submit(draw, *arguments)
            future.result()
            return future

    weights = []
    for kind in (SlowThread, Eager):
        with kind(1) as artist:
            training = PicturesInTheMaking(experiment, TRAINING, artist)
            training.draw(20)
            training.draw()
            trainer = Trainer(experiment, networks.build(experiment), training)
            for epoch in range(2):
                list(trainer.epoch(epoch))
        weights.append(trainer.net.state_dict())
    for name, value in weights[0].items():
        assert torch.equal(value, weights[1][name])


def test_the_first_epoch_trains_on_every_picture_once(monkeypatch):
    training = draw_all(EASY, TRAINING)
    taken = []
    take = LabelledPictures.pictures_at
    monkeypatch.setattr(
        LabelledPictures, "pictures_at", lambda self, rows: taken.append(rows) or take(self, rows)
    )
    list(Trainer(EASY, networks.build(EASY), training).epoch(0))
    assert sorted(torch.cat(taken).tolist()) == list(range(len(training.labels)))


def test_long_epochs_are_measured_in_between(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "VALIDATE_EVERY", 2)
    drain(run_steps(replace(EASY, pictures=40, batch=16, epochs=1), tmp_path))
    found, _ = reports.read(tmp_path)
    assert [each.step for each in found if each.confusion] == [2, 4, 5]


def test_a_full_disk_ends_a_run_with_words_and_it_goes_on_later(finished, tmp_path, monkeypatch):
    written = Path.write_bytes

    def fill(self, data):
        if self.name.startswith("weights-000010"):
            written(self, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill)
        with pytest.raises(CantKeep, match="disk of the server is full"):
            drain(run_steps(EASY, tmp_path))
    with (tmp_path / reports.FILE_NAME).open("a") as file:
        file.write('{"step": 9, "epo')  # all that fitted
    assert not list(tmp_path.glob("weights-000010*"))
    drain(run_steps(EASY, tmp_path))
    ours, _ = reports.read(tmp_path)
    whole, _ = reports.read(finished)
    assert ours[-1].step == whole[-1].step
    assert ours[-1].validation_loss == pytest.approx(whole[-1].validation_loss)


def test_a_folder_that_is_deleted_under_a_run_ends_it_with_words(tmp_path):
    steps = run_steps(EASY, tmp_path / "run")
    next(steps)
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(CantKeep, match="deleted while it was trained"):
        drain(steps)
    assert not (tmp_path / "run").exists()
