"""Adam, without what torch's optimiser class brings along."""

import torch
from torch import Tensor

BETAS = 0.9, 0.999
EPSILON = 1e-8


class Adam:
    """Adam for one tensor (Kingma and Ba 2015, 1412.6980), step for step as `torch.optim.Adam`.

    torch's class loads torch's compiler at its first step, which takes 160 MB and is not used here.

    Args:
        parameters: The tensor to optimise, of real numbers.
        rate: The learning rate.
    """

    def __init__(self, parameters: Tensor, rate: float):
        self._parameters, self._rate = parameters, rate
        self._mean = torch.zeros_like(parameters, requires_grad=False)
        self._square = torch.zeros_like(self._mean)
        self._steps = 0

    @torch.no_grad()
    def step(self) -> None:
        """Change the tensor by its gradient, and remove the gradient."""
        gradient = self._parameters.grad
        if gradient is None:
            return
        self._steps += 1
        first, second = BETAS
        self._mean.lerp_(gradient, 1 - first)
        self._square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        size = self._rate / (1 - first**self._steps)
        root = (1 - second**self._steps) ** 0.5
        deviation = (self._square.sqrt() / root).add_(EPSILON)
        self._parameters.addcdiv_(self._mean, deviation, value=-size)
        self._parameters.grad = None
