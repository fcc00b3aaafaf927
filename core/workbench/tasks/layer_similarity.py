"""CKA of all main layers of two networks, from the Gram matrices of both."""

from dataclasses import dataclass

import pandas as pd

from core import batched_reading, compare
from core.compare import DifferentPictures, Grams
from core.layer_info import list_layers
from core.steps import Steps
from core.workbench.recipes import Recipe, StoredResult
from core.workbench.task import Call, Task, one_by_one
from core.zoo import Card


@dataclass(frozen=True)
class LayerSimilarity:
    """CKA of the layers of two networks.

    Attributes:
        cka: A row for each layer of the first network, a column for each layer of the second.
        error: The standard error of each CKA; NaN if unknown.
    """

    cka: pd.DataFrame
    error: pd.DataFrame


def gram_matrices_recipe(card: Card, reference: str, seed: int = 0) -> Recipe[Grams]:
    """Recipe of the U-centred Gram matrices of a network's main layers over a picture set.

    Args:
        card: The network's card.
        reference: The set's reference.
        seed: Seed of the mini-batches.

    Raises:
        WeightsUnavailable: The network's weights have to be downloaded first, or do not exist.
    """
    return GRAM_MATRICES.recipe(card, [reference], seed=seed, batch=compare.BATCH_SIZE)


def layer_similarity_recipe(a: Recipe[Grams], b: Recipe[Grams]) -> Recipe[LayerSimilarity]:
    """Recipe of the CKA between all main layers of two networks.

    Args:
        a: Gram matrices of the first network.
        b: Gram matrices of the second network, over the same pictures in the same batches.

    Raises:
        DifferentPictures: The picture sets or the batches differ.
    """
    if (a.inputs, a.options, a.seed) != (b.inputs, b.options, b.seed):
        raise DifferentPictures(
            "CKA compares two networks on the same pictures in the same batches; use the same set"
            " and the same seed for both."
        )
    return LAYER_SIMILARITY.recipe(inputs=[a, b])


def _compute_grams(call: Call) -> Steps[list[StoredResult]]:
    m = call.model
    layers = [layer.name for layer in list_layers(m) if layer.main]
    results: list[StoredResult] = []
    for recipe, pictures in zip(call.recipes, call.picture_sets(), strict=True):
        runs = compare.shuffled_batches(len(pictures), recipe.seed, recipe.option("batch", int))
        batches = batched_reading.input_batches_in_turns(
            m, batched_reading.picture_batches(m, pictures, runs)
        )
        grams = yield from compare.grams_steps(m, batches, len(pictures), layers)
        record = {"layers": layers, "sizes": list(grams.sizes)}
        results.append(StoredResult({"entries": grams.entries}, record))
    return results


def _read_grams(stored: StoredResult) -> Grams:
    record = stored.record
    return Grams(tuple(record["layers"]), stored.arrays["entries"], tuple(record["sizes"]))


def _compute_similarity(call: Call) -> Steps[list[StoredResult]]:
    def similarity(index: int) -> StoredResult:
        a, b = call.inputs_of(index, Grams)
        arrays = {"cka": compare.cka_matrix(a, b), "error": compare.standard_error(a, b)}
        return StoredResult(arrays, {"rows": list(a.layers), "columns": list(b.layers)})

    return (yield from one_by_one(call, similarity))


def _read_similarity(stored: StoredResult) -> LayerSimilarity:
    rows, columns = stored.record["rows"], stored.record["columns"]
    cka, error = (pd.DataFrame(stored.arrays[name], rows, columns) for name in ("cka", "error"))
    return LayerSimilarity(cka, error)


GRAM_MATRICES = Task("gram matrices", version=1, compute=_compute_grams, read=_read_grams, cost=8.0)
LAYER_SIMILARITY = Task(
    "layer similarity", version=1, compute=_compute_similarity, read=_read_similarity, cost=0.05
)
