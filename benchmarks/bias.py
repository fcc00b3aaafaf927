"""Measure the page Bias: the table of effects, the verdicts, a changed photograph.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.bias

Run nothing else at the same time. Takes about two minutes.
"""

import os
import platform
import tempfile
from dataclasses import replace

import torch

from benchmarks.app import MODELS, report
from benchmarks.timing import timed
from core.interventions import FACTORS
from core.settings import Settings
from core.workbench import Workbench
from core.workbench.showcase import BIAS_STORY
from core.workbench.tasks.logits import logits_recipe
from core.workbench.tasks.photo_answers import photo_answers_recipe
from core.workbench.tasks.scene_answers import scene_answers_recipe
from core.workbench.tasks.scene_reasons import scene_reasons_recipe
from core.workbench.tasks.shortcuts import shortcuts_recipe

PHOTO = "photo:chelsea"


def main() -> None:
    """Run all measurements and print their figures."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" torch {torch.__version__}, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    with tempfile.TemporaryDirectory() as store:
        settings = replace(Settings.from_environment(), store=store)
        bench = Workbench(settings, shipped=None)
        picture = bench.pictures.find(PHOTO)
        scenes = [bench.card(name) for name in BIAS_STORY]
        photographs = [bench.card(name) for name in MODELS]
        bench.answer([logits_recipe(card, picture.id) for card in (*scenes, *photographs)])
        answers = [scene_answers_recipe(card) for card in scenes]
        time_table(bench, answers, settings)
        verdicts = [
            shortcuts_recipe(card, recipe) for card, recipe in zip(scenes, answers, strict=True)
        ]
        _, seconds = timed(lambda: bench.answer(verdicts))
        report("verdicts on two networks, after the table", f"{seconds:.1f} s")
        _, seconds = timed(lambda: bench.answer([scene_reasons_recipe(card) for card in scenes]))
        report("reasons of two networks' answers to 84 scenes", f"{seconds:.1f} s")
        changed = [photo_answers_recipe(card, picture.id) for card in photographs]
        _, seconds = timed(lambda: bench.answer(changed))
        report("a photograph changed, two MobileNets", f"{seconds:.2f} s")
        bench.close()


def time_table(bench: Workbench, answers: list, settings: Settings) -> None:
    """Print the time of the table of effects: computed, and from the store by a new server."""
    found, seconds = timed(lambda: bench.answer(answers))
    count = len(found[0].pairs.classes)
    title = f"{count} scenes × {len(FACTORS)} factors × 2 networks"
    report(title, f"{seconds:.1f} s", "20 s for 200 × 8")
    later = Workbench(settings, shipped=None)
    _, seconds = timed(lambda: later.answer(answers))
    report("the same from the store", f"{seconds:.2f} s", "1 s")
    later.close()


if __name__ == "__main__":
    main()
