"""Compare Zooscope's t-SNE with scikit-learn's: seconds, first preview and quality of the map.

    python -m benchmarks.maps [--points 200 2000 10000 20000] [--scenes 2000]

Both run once on one machine with all cores, on the same features: clusters in 512 dimensions, and
a bundled network's features of drawn scenes. Trustworthiness is computed by scikit-learn. Run
nothing else at the same time. The default takes about five minutes; 20,000 points take as long
again.
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
from core.dissect import reference_scenes

DIMENSIONS, CLASSES, CENTRE_SPREAD = 512, 28, 0.35
NETWORK, SCENE_SIZE, BATCH_SIZE = "bundled/scenes-regnet", 96, 250
# Seed of scenes that are used for nothing else, so that they are new to the network.
SCENES_SEED = 7_000_007
# scikit-learn's trustworthiness keeps two matrices of all distances in memory.
MAX_EVALUATED = 5000


def main() -> None:
    """Run the benchmark and print its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="*", default=[200, 2000, 10_000])
    parser.add_argument("--scenes", type=int, default=2000, help="0 for none")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" scikit-learn {sklearn.__version__}, numpy {np.__version__}")  # fmt: skip
    embed.tsne(clusters(100)[0], iterations=20)  # warm-up
    for count in arguments.points:
        compare(f"{count} × {DIMENSIONS}, clusters", *clusters(count))
    if arguments.scenes:
        features, labels = scene_features(arguments.scenes)
        compare(f"{len(features)} × {features.shape[1]}, {NETWORK} on scenes", features, labels)


def compare(title: str, features: np.ndarray, labels: list[str]) -> None:
    """Print times and quality of Zooscope's and scikit-learn's maps."""
    first_preview, seconds, positions = time_tsne(features)
    start = time.perf_counter()
    sklearn_positions = TSNE(random_state=0).fit_transform(features)
    sklearn_seconds = time.perf_counter() - start
    ratio = seconds / sklearn_seconds
    print(f"\n{title}\n  {seconds:.2f} s, scikit-learn {sklearn_seconds:.2f} s, ratio {ratio:.2f};"
          f" first preview after {first_preview:.2f} s;"
          f" a new picture placed in {time_place(features, positions):.3f} s")  # fmt: skip
    print_quality("Zooscope", features, positions, labels)
    print_quality("scikit-learn", features, sklearn_positions, labels)
    print_quality("PCA", features, embed.pca(features).positions, labels)


def time_tsne(features: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Return the seconds to the first preview after the start, the seconds in all, and the map."""
    steps = embed.tsne_steps(features)
    start, first_preview = time.perf_counter(), None
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            return first_preview or 0.0, time.perf_counter() - start, stop.value
        if first_preview is None and progress.step > 0:
            first_preview = time.perf_counter() - start


def time_place(features: np.ndarray, positions: np.ndarray) -> float:
    """Return the median number of seconds to place one new picture on a map."""
    seconds = []
    for index in range(9):
        new = features[index * len(features) // 9][None] + 0.01
        start = time.perf_counter()
        embed.place(features, positions, new)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def print_quality(
    name: str, features: np.ndarray, positions: np.ndarray, labels: list[str]
) -> None:
    """Print the trustworthiness and the purity of a map."""
    sample = np.random.default_rng(0).permutation(len(features))[:MAX_EVALUATED]
    sklearn_score = trustworthiness(features[sample], positions[sample])
    start = time.perf_counter()
    score = embed.trustworthiness(features, positions)
    seconds = time.perf_counter() - start
    purity = embed.purity(positions, labels)
    print(f"  {name}: trustworthiness of 5 neighbours {sklearn_score:.4f}, of {embed.NEIGHBOURS}"
          f" {score:.4f} ({seconds:.2f} s), purity {purity:.3f}")  # fmt: skip


def clusters(count: int) -> tuple[np.ndarray, list[str]]:
    """Draw overlapping clusters, each elongated along four random directions."""
    random = np.random.default_rng(0)
    centres = CENTRE_SPREAD * random.normal(size=(CLASSES, DIMENSIONS))
    classes = np.arange(count) % CLASSES
    directions = random.normal(size=(CLASSES, 4, DIMENSIONS)) / DIMENSIONS**0.5
    offsets = np.einsum("nk,nkd->nd", random.normal(size=(count, 4)), directions[classes])
    noise = 0.1 * random.normal(size=(count, DIMENSIONS))
    features = centres[classes] + 3 * offsets + noise
    return features.astype(np.float32), [str(index) for index in classes]


def scene_features(count: int) -> tuple[np.ndarray, list[str]]:
    """Compute the pooled features of new scenes at a bundled network's last spatial layer."""
    m = zoo.load(NETWORK)
    layer = saliency.last_layer(m)
    rows, labels = [], []
    for start in range(0, count, BATCH_SIZE):
        indices = range(start, min(start + BATCH_SIZE, count))
        classes = [reference_scenes.class_of(index) for index in indices]
        factors = [{"class_": class_} for class_ in classes]
        drawn = scenes.batch(SCENES_SEED, indices, SCENE_SIZE, factors)
        activation = probe.read(m, m.preprocess(reference_scenes.images(drawn)), [layer])[layer]
        rows.append(activation.mean((2, 3)).float().cpu().numpy())
        labels += classes
    return np.concatenate(rows), labels


if __name__ == "__main__":
    main()
