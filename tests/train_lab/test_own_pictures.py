"""A visitor's own pictures: checked, split, written for the child process, and trained on."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

from core import scenes
from core.steps import drain
from core.train_lab import reports
from core.train_lab.experiment import BadExperiment, Difficulty, Experiment, from_json
from core.train_lab.own_pictures import (
    MIN_PICTURES,
    BadPictures,
    check_pictures,
    prepare_steps,
    training_count,
)
from core.train_lab.pictures import (
    FILE_NAME,
    TRAINING,
    VALIDATION,
    PicturesLost,
    draw_all,
    draw_set,
    first_pictures,
    read_own_pictures,
)
from core.train_lab.reports import End
from core.train_lab.run import run_steps
from core.workbench.training_runs import training_task
from tests.held_set import InMemorySet

SIDE = 40
PLAIN = Difficulty(pose=0.3, size=0.3, background=0, coat=0)


def own_set(**counts: int) -> InMemorySet:
    """Return a set of scenes of some classes, as if a visitor had uploaded them."""
    labels = [name for name, count in counts.items() for _ in range(count)]
    imgs = [
        scenes.draw(name, seed=seed, size=SIDE, background="grass", surface="plain").image
        for seed, name in enumerate(labels)
    ]
    return InMemorySet("mine", imgs, labels)


def experiment_of(chosen: InMemorySet, **changes: object) -> Experiment:
    first = Experiment(chosen.classes, size=32, blocks=2, picture_set=chosen.reference, epochs=2)
    return replace(first, **changes)


def part_of(experiment, part, folder):
    return read_own_pictures(folder, part)


def test_the_parts_have_all_pictures_and_none_twice(tmp_path):
    chosen = own_set(dog=12, fir=20)
    experiment = experiment_of(chosen, pictures=training_count({"dog": 12, "fir": 20}))
    drain(prepare_steps(chosen, experiment, tmp_path))
    training = part_of(experiment, TRAINING, tmp_path)
    validation = part_of(experiment, VALIDATION, tmp_path)
    assert training.labels.tolist() == [0, 1] * 17
    assert torch.bincount(validation.labels).tolist() == [3, 3]
    pixels = {part: {p.numpy().tobytes() for p in given.pictures}
              for part, given in (("training", training), ("validation", validation))}  # fmt: skip
    assert not pixels["training"] & pixels["validation"]
    assert len(pixels["training"] | pixels["validation"]) == 32
    assert training.pictures.shape[1:] == (3, 32, 32)


def test_a_resized_copy_is_not_on_the_other_side(tmp_path):
    chosen = own_set(dog=14, fir=14)
    copies = [img.resize((90, 90)) for img in chosen.pictures]
    labels = [chosen.label(index) for index in range(28)]
    doubled = InMemorySet("doubled", chosen.pictures + copies, labels * 2)
    drain(prepare_steps(doubled, experiment_of(doubled, pictures=30), tmp_path))
    experiment = experiment_of(doubled)
    seen = part_of(experiment, TRAINING, tmp_path).pictures.float()
    for picture in part_of(experiment, VALIDATION, tmp_path).pictures.float():
        nearest = (seen - picture).square().mean((1, 2, 3)).sqrt().min()
        assert nearest > 10


def test_the_split_does_not_depend_on_the_order_of_the_files(tmp_path):
    chosen = own_set(dog=12, fir=12)
    labels = [chosen.label(index) for index in range(24)]
    turned = InMemorySet("mine", chosen.pictures[::-1], labels[::-1])
    for name, given in (("a", chosen), ("b", turned)):
        (tmp_path / name).mkdir()
        drain(prepare_steps(given, experiment_of(given), tmp_path / name))
    assert (tmp_path / "a" / FILE_NAME).read_bytes() == (tmp_path / "b" / FILE_NAME).read_bytes()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"dog": 30}, "only one class"),
        ({"dog": 20, "fir": 1}, "'fir' has one picture"),
        ({"dog": 9, "fir": 9}, f"18 pictures; a network needs {MIN_PICTURES}"),
        (dict.fromkeys(scenes.CLASSES[:11], 2), "11 classes"),
    ],
)  # fmt: skip
def test_pictures_that_are_no_experiment_are_refused_in_words(counts, words):
    with pytest.raises(BadPictures, match=words):
        check_pictures(own_set(**counts))


def test_folders_of_parts_are_no_classes():
    imgs = own_set(dog=24).pictures
    with pytest.raises(BadPictures, match="train and val are no classes"):
        check_pictures(InMemorySet("mine", imgs, ["train", "val"] * 12))


def test_pictures_without_classes_are_refused():
    unlabelled = InMemorySet("mine", own_set(dog=25).pictures)
    with pytest.raises(BadPictures, match="folder of its own"):
        check_pictures(unlabelled)


def test_unlabelled_pictures_are_left_out(tmp_path):
    chosen = own_set(dog=12, fir=12)
    labels = [chosen.label(index) for index in range(24)]
    more = InMemorySet("mine", [*chosen.pictures, *own_set(cat=3).pictures], [*labels, "", "", ""])
    assert check_pictures(more) == {"dog": 12, "fir": 12}
    experiment = replace(experiment_of(chosen), classes=("dog", "fir"))
    drain(prepare_steps(more, experiment, tmp_path))
    assert max(more.read_indices) < 24


def test_a_network_learns_from_own_pictures(tmp_path):
    drawn = next(draw_set(Experiment(("dog", "fir"), pictures=60, size=32, difficulty=PLAIN), 0))
    imgs = [Image.fromarray(pixels.permute(1, 2, 0).numpy()) for pixels in drawn.pictures]
    labels = [("dog", "fir")[label] for label in drawn.labels.tolist()]
    chosen = InMemorySet("mine", imgs, labels)
    experiment = experiment_of(chosen, pictures=45, epochs=40)
    task = training_task(tmp_path, experiment, lambda reference: chosen)
    notes = []
    drain(task.start(), lambda progress: notes.append(progress.note))
    assert any("reading pictures" in note for note in notes)
    found, _ = reports.read(tmp_path / experiment.identity)
    assert found[-1].end is End.GOAL


def test_pictures_that_are_lost_are_said_to_be_lost(tmp_path):
    with pytest.raises(PicturesLost, match="Upload them again"):
        drain(run_steps(experiment_of(own_set(dog=10, fir=10)), tmp_path))


def test_the_experiment_follows_the_pictures():
    first = experiment_of(own_set(dog=2, fir=2))
    assert replace(first, picture_set="archive:other").identity != first.identity
    assert from_json(first.as_json()) == first
    with pytest.raises(BadExperiment, match="name of 80 characters"):
        replace(first, classes=("dog", "x" * 80))
    with pytest.raises(BadExperiment, match="no drawn scenes"):
        Experiment(("dog", "my cat"))


def test_drawn_experiments_keep_their_identity_and_need_no_folder(tmp_path):
    assert "picture_set" not in Experiment().as_json()
    small = Experiment(("dog", "fir"), pictures=4, size=32)
    ours = first_pictures(small, TRAINING, tmp_path, count=8)
    assert torch.equal(ours.pictures, draw_all(small, TRAINING).pictures)
