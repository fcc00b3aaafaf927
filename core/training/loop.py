"""The training loop, as a generator that yields its progress and can be stopped and resumed."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from core import scenes
from core.steps import Progress, Steps
from core.training import checkpoint
from core.training.augmentation import augment
from core.training.configs import TRAINING_SEED, TrainingConfig, training_factors

# Scenes drawn at once. Scenes of one class are drawn together, which is fast only if there are
# enough of each class.
DRAWN_AT_ONCE = 1024
LABEL_SMOOTHING = 0.1


def train_steps(config: TrainingConfig, folder: Path, device: torch.device) -> Steps[nn.Module]:
    """Train a network, continuing from the checkpoint in the folder, if any.

    The default memory format is kept: with channels_last, torch 2.15's CPU weight gradients of
    RepVGG corrupt the heap.

    Args:
        config: The training configuration.
        folder: Folder of the checkpoint, which is written after every epoch; created where missing.
        device: Device to train on.

    Returns:
        The network, in eval mode on the CPU. Each step is a batch.
    """
    import timm

    torch.manual_seed(config.seed)
    net = timm.create_model(config.architecture, num_classes=len(scenes.CLASSES)).to(device)
    optimiser = torch.optim.AdamW(_parameter_groups(net, config.decay), lr=config.rate)
    folder.mkdir(parents=True, exist_ok=True)
    batches = config.looks * config.scenes // config.batch
    total = config.epochs * batches
    for epoch in range(checkpoint.restore(folder, net, optimiser), config.epochs):
        torch.manual_seed(config.seed + 1000 * (epoch + 1))
        net.train()
        losses = []
        for index, (x, labels) in enumerate(_batches(config, epoch)):
            step = epoch * batches + index
            _set_learning_rate(optimiser, config, step, batches, total)
            losses.append(_train_step(net, optimiser, config, x.to(device), labels.to(device)))
            note = f"epoch {epoch + 1}, loss {sum(losses) / len(losses):.3f}"
            yield Progress(step + 1, total, note=note)
        checkpoint.save(folder, net, optimiser, epoch + 1)
    return net.eval().cpu()


def _batches(config: TrainingConfig, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the inputs and labels of an epoch's batches, drawing the scenes chunk by chunk."""
    factors = training_factors(config, epoch)
    for start in range(0, config.scenes, DRAWN_AT_ONCE):
        stop = min(start + DRAWN_AT_ONCE, config.scenes)
        indices = range(epoch * config.scenes + start, epoch * config.scenes + stop)
        size = config.scene_size(epoch)
        drawn = scenes.batch(TRAINING_SEED, indices, size, factors[start:stop])
        order = torch.cat([torch.randperm(len(indices)) for _ in range(config.looks)])
        for rows in order.split(config.batch):
            yield augment(drawn.pictures[rows]), drawn.labels[rows]


def _train_step(
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    config: TrainingConfig,
    x: Tensor,
    labels: Tensor,
) -> float:
    """Update the weights with a batch and return its loss."""
    # The early, smaller scenes are not perturbed, which is twice as fast.
    if config.attack and x.shape[-1] == config.size:
        x = _perturb_adversarially(net, config, x, labels)
    loss = _loss(net, config, x, labels)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    return loss.item()


def _loss(net: nn.Module, config: TrainingConfig, x: Tensor, labels: Tensor) -> Tensor:
    with torch.autocast(x.device.type, torch.bfloat16, enabled=config.bfloat16):
        logits = net(x)
    return functional.cross_entropy(logits.float(), labels, label_smoothing=LABEL_SMOOTHING)


def _perturb_adversarially(
    net: nn.Module, config: TrainingConfig, x: Tensor, labels: Tensor
) -> Tensor:
    """Perturb inputs to increase the loss, within an L2 ball around each input.

    A single gradient step as long as the ball's radius, from a random start inside the ball. It
    costs a third of the attack of Madry et al. (2018), and in L2 the resulting robustness holds.
    """
    radius = 2 * config.attack  # inputs are in -1 to 1, the configured norm is for 0 to 1
    net.eval()
    start = _with_norm(torch.randn_like(x), radius * torch.rand(len(x), device=x.device))
    perturbed = (x + start).requires_grad_(True)
    gradient = torch.autograd.grad(_loss(net, config, perturbed, labels), perturbed)[0]
    net.train()
    change = start + _with_norm(gradient, torch.full_like(x[:, 0, 0, 0], radius))
    norm = change.flatten(1).norm(dim=1)
    return (x + _with_norm(change, norm.clamp(max=radius))).clamp(-1, 1).detach()


def _with_norm(change: Tensor, norm: Tensor) -> Tensor:
    """Scale the change of each picture, (n, c, h, w), to an L2 norm, (n,)."""
    current_norm = change.flatten(1).norm(dim=1).clamp(min=1e-9)
    return change * (norm / current_norm)[:, None, None, None]


def _parameter_groups(net: nn.Module, decay: float) -> list[dict]:
    """Split parameters for AdamW: weights decay; biases and normalisation parameters do not."""
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    biases = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}]


def _set_learning_rate(
    optimiser: torch.optim.Optimizer,
    config: TrainingConfig,
    step: int,
    warm_up_steps: int,
    total_steps: int,
) -> None:
    """Set the learning rate of a step: linear warm-up, then a cosine down to 0."""
    share = (step - warm_up_steps) / max(1, total_steps - warm_up_steps)
    is_warm_up = step < warm_up_steps
    factor = (step + 1) / warm_up_steps if is_warm_up else (1 + math.cos(math.pi * share)) / 2
    for group in optimiser.param_groups:
        group["lr"] = config.rate * factor
