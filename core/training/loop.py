"""The training itself, as steps that can be watched, stopped and taken up again."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from core import scenes
from core.steps import Progress, Steps
from core.training import checkpoint
from core.training.lessons import TRAINING_SEED, Lesson, said
from core.training.variation import looked_at

# Scenes drawn at once: by class, so that each class has enough to be quick.
DRAWN = 1024
SMOOTHING = 0.1


def train_steps(lesson: Lesson, folder: Path, on: torch.device) -> Steps[nn.Module]:
    """Train a network, going on from what lies in the folder.

    The default memory format is kept: with channels_last, torch 2.15's CPU weight gradients of
    RepVGG corrupt the heap.

    Args:
        lesson: What and how.
        folder: For the state between epochs.
        on: The device.

    Returns:
        The network, in eval mode on the CPU. The steps are batches.
    """
    import timm

    torch.manual_seed(lesson.seed)
    net = timm.create_model(lesson.architecture, num_classes=len(scenes.CLASSES)).to(on)
    optimiser = torch.optim.AdamW(_groups(net, lesson.decay), lr=lesson.rate)
    batches = lesson.looks * lesson.scenes // lesson.batch
    total = lesson.epochs * batches
    for epoch in range(checkpoint.restore(folder, net, optimiser), lesson.epochs):
        torch.manual_seed(lesson.seed + 1000 * (epoch + 1))
        net.train()
        losses = []
        for index, (x, labels) in enumerate(_batches(lesson, epoch)):
            step = epoch * batches + index
            _set_rate(optimiser, lesson, step, batches, total)
            losses.append(_step(net, optimiser, lesson, x.to(on), labels.to(on)))
            note = f"epoch {epoch + 1}, loss {sum(losses) / len(losses):.3f}"
            yield Progress(step + 1, total, note=note)
        checkpoint.save(folder, net, optimiser, epoch + 1)
    return net.eval().cpu()


def _batches(lesson: Lesson, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """An epoch's scenes, drawn a part at a time and each looked at as often as the lesson says."""
    facts = said(lesson, epoch)
    for start in range(0, lesson.scenes, DRAWN):
        stop = min(start + DRAWN, lesson.scenes)
        indices = range(epoch * lesson.scenes + start, epoch * lesson.scenes + stop)
        drawn = scenes.batch(TRAINING_SEED, indices, lesson.side(epoch), facts[start:stop])
        order = torch.cat([torch.randperm(len(indices)) for _ in range(lesson.looks)])
        for rows in order.split(lesson.batch):
            yield looked_at(drawn.pictures[rows]), drawn.labels[rows]


def _step(
    net: nn.Module, optimiser: torch.optim.Optimizer, lesson: Lesson, x: Tensor, labels: Tensor
) -> float:
    if lesson.attack and x.shape[-1] == lesson.size:  # clean at first: twice as quick
        x = _attacked(net, lesson, x, labels)
    loss = _loss(net, lesson, x, labels)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    return loss.item()


def _loss(net: nn.Module, lesson: Lesson, x: Tensor, labels: Tensor) -> Tensor:
    with torch.autocast(x.device.type, torch.bfloat16, enabled=lesson.bfloat16):
        logits = net(x)
    return functional.cross_entropy(logits.float(), labels, label_smoothing=SMOOTHING)


def _attacked(net: nn.Module, lesson: Lesson, x: Tensor, labels: Tensor) -> Tensor:
    """Scenes moved to where the network errs more, from a start of their own within the ball.

    One step of the ball's radius: it costs a third of Madry et al. (2018), and in L2 it holds.
    """
    length = 2 * lesson.attack  # the range is -1 to 1
    net.eval()
    start = _of_length(torch.randn_like(x), length * torch.rand(len(x), device=x.device))
    near = (x + start).requires_grad_(True)
    gradient = torch.autograd.grad(_loss(net, lesson, near, labels), near)[0]
    net.train()
    change = start + _of_length(gradient, torch.full_like(x[:, 0, 0, 0], length))
    size = change.flatten(1).norm(dim=1)
    return (x + _of_length(change, size.clamp(max=length))).clamp(-1, 1).detach()


def _of_length(change: Tensor, length: Tensor) -> Tensor:
    """Each picture's change at a given L2 length."""
    size = change.flatten(1).norm(dim=1).clamp(min=1e-9)
    return change * (length / size)[:, None, None, None]


def _groups(net: nn.Module, decay: float) -> list[dict]:
    """Weights decay; biases and norms, which set levels, do not."""
    weights = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _set_rate(
    optimiser: torch.optim.Optimizer, lesson: Lesson, step: int, warm_up: int, total: int
) -> None:
    share = (step - warm_up) / max(1, total - warm_up)
    factor = (step + 1) / warm_up if step < warm_up else (1 + math.cos(math.pi * share)) / 2
    for group in optimiser.param_groups:
        group["lr"] = lesson.rate * factor
