"""Maps that put two methods together."""

from torchvision.transforms.functional import gaussian_blur

from core.saliency.cam import grad_cam
from core.saliency.gradients import smooth_grad
from core.saliency.registry import method
from core.saliency.view import Maps, View
from core.steps import Progress, Steps, mapped


@method("Sharpened CAM", "Zooscope", "fused", layered=True)
def sharpened_cam(
    view: View, samples: int = 16, noise: float = 0.15, blur: float = 5.0
) -> Steps[Maps]:
    """Grad-CAM times the square of SmoothGrad, blurred.

    Grad-CAM says where the class is, coarsely; SmoothGrad which pixels matter, for whatever reason.

    Args:
        view: What to explain.
        samples: Of SmoothGrad.
        noise: Of SmoothGrad.
        blur: Standard deviation in pixels of a picture of 224.
    """
    coarse = yield from grad_cam(view)
    fine = yield from mapped(smooth_grad(view, samples, noise), _after)
    sigma = blur * view.x.shape[-1] / 224
    side = 2 * round(3 * sigma) + 1
    return Maps(coarse.values * gaussian_blur(fine.values**2, [side, side], [sigma, sigma]))


def _after(progress: Progress) -> Progress:
    """SmoothGrad's progress after Grad-CAM's one step."""
    return Progress(progress.step + 1, progress.total + 1)
