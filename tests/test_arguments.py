"""Arguments that can't be used raise errors of Zooscope's own, which name the way out."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import timm
import torch
from PIL import Image
from timm.models import save_for_hf

from core import arguments, compare, dissect, embed, probe, saliency, visualize, zoo
from core.arguments import BadArgument
from core.compare import DifferentPictures, TopPredictions
from core.errors import ZooscopeError
from core.layers import UnknownLayer
from core.predict import NoClassifier
from core.steps import drain
from core.visualize import NoSuchUnit, Quality, Transforms

UNIT = visualize.channel("layer2", 3)
PICTURE = Image.new("RGB", (40, 30))
ROWS = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
MAP = np.zeros((1, 160, 160), np.float32)
NO_RESPONSES = dissect.Responses(*(np.zeros(shape, np.float32) for shape in [(0, 3)]),
                                 np.zeros((0, 3, 2), int),
                                 *(np.zeros((0, 3), np.float32) for _ in range(2)))  # fmt: skip
RESPONSES = dissect.Responses(ROWS, np.zeros((12, 4, 2), int), ROWS, ROWS)
PREDICTIONS = TopPredictions(("cat", "dog"), np.array([0.5, 0.5], np.float32))


def steps(generator) -> Callable:
    """Return a function of a model that runs a generator function to its end."""
    return lambda m: drain(generator(m))


CASES: dict[str, tuple[Callable[[zoo.Model], object], type[ZooscopeError], str]] = {
    # Nothing to compute
    "no objectives": (lambda m: visualize.render(m, []), BadArgument, "no objectives"),
    "no variations": (
        lambda m: visualize.render(m, [visualize.diverse(UNIT, 0)]), BadArgument,
        "variations is 0.*at least 1",
    ),
    "no pictures to preprocess": (lambda m: m.preprocess([]), BadArgument, "no pictures"),
    "no pictures for responses": (
        lambda m: dissect.responses(m, [], ["layer1"]), BadArgument, "no pictures",
    ),
    "no pictures for links": (
        lambda m: dissect.incoming(m, [], "layer2", 0, "layer1"), BadArgument, "no pictures",
    ),
    "no pictures for effects": (
        lambda m: dissect.outgoing(m, [], "layer1", 0, "layer2"), BadArgument, "no pictures",
    ),
    "no pictures for ablation": (
        lambda m: dissect.logits_without(m, [], {"layer1": [0]}), BadArgument, "no pictures",
    ),
    "no pictures for sanity": (
        steps(lambda m: saliency.sanity_steps(m, [], "gradient")), BadArgument, "no pictures",
    ),
    "no pictures for selectivity": (
        lambda m: dissect.selectivity(NO_RESPONSES, []), BadArgument, "no pictures",
    ),
    "no layers for parts": (
        steps(lambda m: dissect.parts_steps(m, [])), BadArgument, "no layers",
    ),
    "no layers for gram matrices": (
        lambda m: compare.grams(m, [PICTURE] * 4, []), BadArgument, "no layers",
    ),
    "no layers to match": (lambda m: compare.best_match(ROWS[:, 0], {}), BadArgument, "no layers"),
    # Numbers that are too small
    "negative size": (
        lambda m: visualize.render(m, [UNIT], size=-32), BadArgument, "size is -32.*at least 1",
    ),
    "size 0": (lambda m: visualize.render(m, [UNIT], size=0), BadArgument, "size is 0"),
    "no ascent steps": (lambda m: visualize.render(m, [UNIT], steps=0), BadArgument, "steps is 0"),
    "no looks": (lambda m: Quality(transforms=Transforms(looks=0)), BadArgument, "looks is 0"),
    "negative rate": (lambda m: Quality(rate=-0.1), BadArgument, "rate is -0.1"),
    "no scenes": (lambda m: dissect.parts(m, "layer2", 0), BadArgument, "scenes is 0"),
    "no scenes for truth": (
        steps(lambda m: saliency.ground_truth_steps(m, "gradient", 0)), BadArgument, "scenes is 0",
    ),
    "no units": (
        lambda m: dissect.strongest_units(m, PICTURE, ["layer2"], 0, 8), BadArgument, "count is 0",
    ),
    "no units to choose from": (
        lambda m: dissect.strongest_units(m, PICTURE, ["layer2"], 2, 0), BadArgument, "among is 0",
    ),
    "no neighbours": (
        lambda m: embed.trustworthiness(ROWS, ROWS[:, :2], 0), BadArgument, "neighbours, is 0",
    ),
    "no kept neighbours": (
        lambda m: embed.kept_neighbours(ROWS, ROWS, -1), BadArgument, "neighbours, is -1",
    ),
    # Words
    "unknown canvas": (
        lambda m: Quality(canvas="oil"), BadArgument, "canvas 'oil'.*fourier, maco, pixels",
    ),
    # Lengths and shapes
    "a class too few": (
        lambda m: saliency.evaluate(m, [PICTURE], MAP, [3, 5]), BadArgument, "1 pictures",
    ),
    "a map too few": (
        lambda m: saliency.evaluate(m, [PICTURE, PICTURE], MAP), BadArgument, "2 pictures, 1 maps",
    ),
    "a map on another grid": (
        lambda m: saliency.evaluate(m, [PICTURE], MAP[:, :80]), BadArgument, r"\(160, 160\)",
    ),
    "a mask too few": (
        lambda m: saliency.peak_in_mask(MAP, np.zeros((2, 160, 160), bool)), BadArgument, "differ",
    ),
    "maps of two sizes": (
        lambda m: saliency.rank_correlation(MAP, MAP[:, :80]), BadArgument, "differ",
    ),
    "too few classes": (
        lambda m: dissect.selectivity(RESPONSES, ["cat"]), BadArgument, "12 pictures, 1 classes",
    ),
    "too few classes of a unit": (
        lambda m: dissect.responses_by_class(RESPONSES, ["cat"], 0), BadArgument, "12 pictures",
    ),
    "no such unit": (
        lambda m: dissect.responses_by_class(RESPONSES, ["cat"] * 12, 4), NoSuchUnit, "0 to 3",
    ),
    "too few labels": (
        lambda m: compare.measure_accuracy(PREDICTIONS, ["cat"], ["cat", "dog"]), BadArgument,
        "2 predictions, 1 labels",
    ),
    "predictions of other pictures": (
        lambda m: compare.agreement_matrix(
            {"a": PREDICTIONS, "b": replace(PREDICTIONS, labels=("cat",))}
        ),
        BadArgument, "2 predictions of a, 1 predictions of b",
    ),
    "units of other pictures": (
        lambda m: compare.pair_units(ROWS, ROWS[:6]), DifferentPictures, "12 rows and 6 rows",
    ),
    "a map of other points": (
        lambda m: embed.trustworthiness(ROWS, ROWS[:6, :2]), BadArgument,
        "12 features, 6 positions",
    ),
    "neighbours of other points": (
        lambda m: embed.kept_neighbours(ROWS, ROWS[:6]), BadArgument, "12 positions, 6 others",
    ),
    "labels of other points": (
        lambda m: embed.purity(ROWS, ["cat"]), BadArgument, "12 points, 1 labels",
    ),
    "places on a map of other points": (
        lambda m: embed.place(ROWS, ROWS[:6, :2], ROWS), BadArgument, "12 features, 6 positions",
    ),
    "a target of another layer": (
        lambda m: visualize.render(m, [visualize.caricature("layer2", torch.zeros(3, 4, 4))]),
        NoSuchUnit, "probe.read",
    ),
    # Pictures
    "a grey picture": (
        lambda m: m.preprocess([PICTURE.convert("L")]), BadArgument, "mode 'L'.*convert",
    ),
    "a transparent picture": (
        lambda m: saliency.explain(m, [PICTURE.convert("RGBA")]), BadArgument, "mode 'RGBA'",
    ),
    "a picture with a palette among others": (
        lambda m: compare.grams(m, [PICTURE] * 4 + [PICTURE.convert("P")], ["layer1"]),
        BadArgument, "mode 'P'",
    ),
    # Layers
    "a layer that does not exist": (
        lambda m: probe.read(m, m.preprocess([PICTURE]), ["layr1"]), UnknownLayer, "layer1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "words"), CASES.values(), ids=CASES)
def test_bad_arguments_have_a_clear_error(small_model: zoo.Model, call: Callable, error, words):
    with pytest.raises(error, match=words):
        call(small_model)


COUNTS = [
    ("smooth_grad", "samples"), ("var_grad", "samples"), ("integrated_gradients", "steps"),
    ("integrated_gradients", "limit"), ("superpixels", "segments"), ("superpixels", "samples"),
    ("occlusion", "window"), ("occlusion", "stride"), ("rise", "masks"), ("rise", "cells"),
    ("layer_cam", "stages"), ("stage_cam", "stages"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "option"), COUNTS)
@pytest.mark.parametrize("value", [0, -3, 2.5, "many"])
def test_counts_of_a_method_are_whole_numbers_of_at_least_1(
    small_model: zoo.Model, method: str, option: str, value: object
):
    title = re.escape(saliency.methods()[method].title)
    with pytest.raises(saliency.BadOption, match=f"{title}.*{option} is .*at least 1"):
        saliency.explain(small_model, [PICTURE], method, **{option: value})


@pytest.mark.parametrize(("method", "option"), [("smooth_grad", "noise"), ("stage_cam", "blur")])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "much"])
def test_other_numbers_of_a_method_are_finite_and_not_negative(
    small_model: zoo.Model, method: str, option: str, value: object
):
    with pytest.raises(saliency.BadOption, match=f"{option} is .*at least 0"):
        saliency.explain(small_model, [PICTURE], method, **{option: value})


@pytest.mark.parametrize(
    "compute",
    [
        lambda m: visualize.render(m, [visualize.class_logit(0)]),
        lambda m: saliency.explain(m, [PICTURE]),
        lambda m: dissect.outgoing(m, [PICTURE], "layer1", 0, "logits"),
        lambda m: dissect.logits_without(m, [PICTURE], {}),
    ],
    ids=["class picture", "saliency", "links", "ablation"],
)
def test_a_network_without_classes_says_so(small_model: zoo.Model, compute: Callable):
    card = replace(small_model.card, source="hub", config={**small_model.card.config,
                                                           "num_classes": 0})  # fmt: skip
    m = zoo.Model(card, small_model.net, small_model.device, "")
    assert m.labels == ()
    with pytest.raises(NoClassifier, match="no named classes"):
        compute(m)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("tensor", ["conv1.0.weight", "bn1.running_var"])
def test_weights_that_are_not_finite_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float, tensor: str
):
    save_for_hf(timm.create_model("test_resnet"), tmp_path / "odd", safe_serialization=True)
    file = tmp_path / "odd" / "model.safetensors"
    state = safetensors.torch.load_file(file)
    state[tensor].view(-1)[0] = value
    safetensors.torch.save_file(state, file)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    with pytest.raises(zoo.WeightsUnavailable, match=rf"{tensor}.*NaN or infinite.*untrained/"):
        zoo.load("local/odd")


def test_numbers_of_numpy_are_numbers():
    arguments.require_count("count", np.int64(3))
    arguments.require_number("share", np.float32(0.5))
    for value in (True, 1.0, "1", None):
        with pytest.raises(BadArgument, match="whole number"):
            arguments.require_count("count", value)
