"""Maps beside scikit-learn's TSNE: seconds, when there is something to see, and how true they are.

    python -m benchmarks.maps [--points 200 2000 10000 20000] [--scenes 2000]

One run, one machine, both with all cores, both of the same features: clusters in 512 dimensions,
and what a bundled network makes of drawn scenes. Trustworthiness is scikit-learn's own. Nothing
else should run meanwhile. Takes about five minutes; 20,000 points take as long again.
"""

import argparse
import os
import platform
import time

import numpy as np
import sklearn
import torch
from sklearn.manifold import TSNE, trustworthiness

from core import embed, probe, saliency, scenes, zoo
from core.dissect import sample

DIMENSIONS, CLASSES, SPREAD = 512, 28, 0.35
NETWORK, SCENE, AT_ONCE = "bundled/scenes-regnet", 96, 250
# scikit-learn's trustworthiness holds all distances twice.
MOST_JUDGED = 5000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="*", default=[200, 2000, 10_000])
    parser.add_argument("--scenes", type=int, default=2000, help="0 for none")
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" scikit-learn {sklearn.__version__}, numpy {np.__version__}")  # fmt: skip
    embed.tsne(clusters(100)[0], iterations=20)  # what is only slow the first time
    for count in asked.points:
        compare(f"{count} × {DIMENSIONS}, clusters", *clusters(count))
    if asked.scenes:
        features, labels = of_scenes(asked.scenes)
        compare(f"{len(features)} × {features.shape[1]}, {NETWORK} on scenes", features, labels)


def compare(what: str, features: np.ndarray, labels: list[str]) -> None:
    """Print our figures and scikit-learn's."""
    first, mine, ours = watched(features)
    begun = time.perf_counter()
    peers = TSNE(random_state=0).fit_transform(features)
    theirs = time.perf_counter() - begun
    print(f"\n{what}\n  {mine:.2f} s, scikit-learn {theirs:.2f} s, ratio {mine / theirs:.2f};"
          f" something to see after {first:.2f} s;"
          f" a new picture placed in {placing(features, ours):.3f} s")  # fmt: skip
    judge("ours", features, ours, labels)
    judge("scikit-learn", features, peers, labels)
    judge("axes", features, embed.pca(features).positions, labels)


def watched(features: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Seconds to the first picture that is more than the start, and to the end; the map."""
    steps = embed.tsne_steps(features)
    begun, first = time.perf_counter(), None
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            return first or 0.0, time.perf_counter() - begun, stop.value
        if first is None and progress.step > 0:
            first = time.perf_counter() - begun


def placing(features: np.ndarray, positions: np.ndarray) -> float:
    """Median seconds to place a picture on a map."""
    seconds = []
    for index in range(9):
        new = features[index * len(features) // 9][None] + 0.01
        begun = time.perf_counter()
        embed.place(features, positions, new)
        seconds.append(time.perf_counter() - begun)
    return float(np.median(seconds))


def judge(who: str, features: np.ndarray, positions: np.ndarray, labels: list[str]) -> None:
    """Print how true a map is."""
    some = np.random.default_rng(0).permutation(len(features))[:MOST_JUDGED]
    true = trustworthiness(features[some], positions[some])
    begun = time.perf_counter()
    ours = embed.trustworthiness(features, positions)
    print(f"  {who}: trustworthiness of 5 neighbours {true:.4f}, of {embed.NEIGHBOURS} {ours:.4f}"
          f" ({time.perf_counter() - begun:.2f} s),"
          f" purity {embed.purity(positions, labels):.3f}")  # fmt: skip


def clusters(count: int) -> tuple[np.ndarray, list[str]]:
    """Clusters that overlap, each stretched along some dimensions."""
    random = np.random.default_rng(0)
    centres = SPREAD * random.normal(size=(CLASSES, DIMENSIONS))
    own = np.arange(count) % CLASSES
    stretched = random.normal(size=(CLASSES, 4, DIMENSIONS)) / DIMENSIONS**0.5
    along = np.einsum("nk,nkd->nd", random.normal(size=(count, 4)), stretched[own])
    noise = 0.1 * random.normal(size=(count, DIMENSIONS))
    return (centres[own] + 3 * along + noise).astype(np.float32), [str(one) for one in own]


def of_scenes(count: int) -> tuple[np.ndarray, list[str]]:
    """What the last layer of a bundled network makes of fresh scenes, pooled."""
    m = zoo.load(NETWORK)
    last = saliency.last_layer(m)
    rows, labels = [], []
    for start in range(0, count, AT_ONCE):
        indices = range(start, min(start + AT_ONCE, count))
        facts = [{"class_": sample.class_of(index)} for index in indices]
        drawn = scenes.batch(7_000_007, indices, SCENE, facts)
        seen = probe.read(m, m.preprocess(sample.images(drawn)), [last])[last]
        rows.append(seen.mean((2, 3)).float().cpu().numpy())
        labels += [one["class_"] for one in facts]
    return np.concatenate(rows), labels


if __name__ == "__main__":
    main()
