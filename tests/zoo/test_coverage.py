"""What works for which architecture: the checks on a dozen families, the table, and its reader.

The command `python -m benchmarks.coverage` checks all architectures, each in a process of its own;
that takes hours, so these tests run the same checks in this process: all of them on a small
architecture of twelve of timm's families, and three on the smallest architecture of each of the 80
families that have one with less than 60 million parameters.
"""

import csv
from collections.abc import Iterator
from dataclasses import replace

import pytest
import timm

from benchmarks.coverage import summary, table, worker
from benchmarks.coverage.checks import CHECKS, CheckFailed, Subject
from benchmarks.coverage.count import in_order, smallest, too_large
from benchmarks.coverage.worker import FAILED, NOT_APPLICABLE, NOT_COUNTED, OK, Outcome
from core import saliency
from core.arguments import BadArgument
from core.zoo import coverage
from core.zoo.table import architectures

SMALL = (
    "test_resnet", "test_efficientnet", "test_convnext", "test_nfnet", "test_byobnet", "test_vit",
    "mobilenetv3_small_050", "lcnet_035", "repghostnet_050", "edgenext_xx_small", "mobilevitv2_050",
    "dla46x_c",
)  # fmt: skip
# Checks that need every part of a family's own code: its blocks, its classifier, its layers.
FIRST_CHECKS = ("load", "predict", "grad_cam")
# Larger networks take too long for a test. All architectures of ten families are larger: vgg,
# nasnet, pnasnet, mobilenetv5, and six of vision transformers.
MOST_PARAMETERS = 60e6


def smallest_of_each_family() -> list[str]:
    """Return the names of the smallest architectures of timm's families, without those in SMALL."""
    found = {each.family: each for each in reversed(smallest(architectures().values()))}
    small = {each.name for each in found.values() if each.parameters < MOST_PARAMETERS}
    return sorted(small - set(SMALL))


@pytest.mark.parametrize("architecture", smallest_of_each_family())
def test_every_family_loads_predicts_and_has_a_map(architecture: str):
    subject = Subject(architecture)
    outcomes = [worker.check(subject, key) for key in FIRST_CHECKS]
    assert [(each.capability, each.reason) for each in outcomes if each.status == FAILED] == []
    assert outcomes[0].status == OK


@pytest.mark.parametrize("architecture", SMALL)
def test_everything_works_for_a_small_architecture(architecture: str):
    outcomes = worker.check_all(architecture)
    assert {each.capability: each.reason for each in outcomes if each.status != OK} == {}


def test_every_capability_is_checked_and_every_map_of_a_layer_is_one():
    assert list(CHECKS) == list(coverage.CAPABILITIES)
    assert {key for key, each in saliency.methods().items() if each.uses_layer} <= CHECKS.keys()


@pytest.fixture
def one_check(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace all checks by one that a test chooses."""
    monkeypatch.setattr(worker, "CHECKS", {})
    yield


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CheckFailed("the gradient is 0"), "the gradient is 0"),
        (BadArgument("own\nerror"), "own error"),
        (KeyError("x"), "KeyError in test_coverage.py, fail: 'x'"),
    ],
)
def test_every_error_is_a_failure_with_its_reason(one_check, error: Exception, reason: str):
    def fail(_: Subject) -> None:
        raise error

    worker.CHECKS["load"] = fail
    outcome = worker.check(Subject("test_resnet"), "load")
    assert (outcome.status, outcome.reason) == (FAILED, reason)


def test_predictions_do_not_apply_to_a_network_without_classes():
    subject = Subject("test_vit")
    subject.card = subject.card.__class__(
        **vars(subject.card) | {"config": dict(subject.card.config) | {"num_classes": 0}}
    )
    outcome = worker.check(subject, "predict")
    assert (outcome.status, outcome.reason) == (NOT_APPLICABLE, "the network has no classes")


def test_a_process_that_takes_too_much_memory_is_ended():
    running = worker.Worker("test_resnet", memory=1e6, seconds=60)
    while not running.poll():
        pass
    assert {each.status for each in running.outcomes} >= {NOT_COUNTED}
    assert running.outcomes[-1].reason == "it takes more than 0.001 GB of memory"
    assert [each.capability for each in running.outcomes] == list(CHECKS)


def test_small_ones_of_every_family_come_first():
    known = architectures().values()
    ordered = in_order(known)
    families = {each.family for each in known}
    assert {each.family for each in ordered[: len(families)]} == families
    assert set(ordered) == set(known)
    assert {each.family for each in smallest(known)} == families


def test_networks_that_need_more_memory_are_not_run():
    vit_giant, resnet = (architectures()[name] for name in ("vit_giant_patch14_224", "resnet18"))
    assert too_large(vit_giant, 3e9)
    assert not too_large(resnet, 3e9)


def test_the_table_of_pages_has_what_was_counted(tmp_path, monkeypatch: pytest.MonkeyPatch):
    outcomes = [Outcome(key, OK, "", 1.5, 700, 64) for key in CHECKS]
    outcomes[3] = replace(outcomes[3], status=NOT_APPLICABLE, reason="no classes: / none")
    outcomes[4:6] = [replace(o, status=FAILED, reason="it is 0: bad") for o in outcomes[4:6]]
    outcomes[6] = replace(outcomes[6], status=NOT_COUNTED, reason="too long")
    monkeypatch.setattr(coverage, "TABLE", tmp_path / "coverage.csv")
    table.write({"test_vit": outcomes, "test_resnet": outcomes}, coverage.TABLE)
    assert table.read(coverage.TABLE) == {"test_resnet": outcomes, "test_vit": outcomes}
    coverage.table.cache_clear()
    found = coverage.coverage("test_resnet")
    coverage.table.cache_clear()
    assert found is not None
    assert found.fails == dict.fromkeys(list(CHECKS)[4:6], "it is 0: bad")
    assert found.not_applicable == {"predict": "no classes: / none"}
    assert found.not_counted == {list(CHECKS)[6]: "too long"}
    assert len(found.works) == len(CHECKS) - 4
    text = summary.summary(table.read(coverage.TABLE))
    assert "resnet (1 CNNs, 0 others)" in text
    assert "2 failed: it is 0: bad" in text


def test_the_committed_table_is_small_and_has_known_architectures():
    assert coverage.TABLE.stat().st_size < 400_000
    with coverage.TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["architecture"] for row in rows} <= set(timm.list_models())
    assert coverage.coverage("no such architecture") is None
    found = coverage.coverage("test_resnet")
    assert found is not None
    assert found.works == set(coverage.CAPABILITIES)
