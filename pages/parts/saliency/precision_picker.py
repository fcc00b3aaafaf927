"""Whether slow maps are computed exactly, or quickly in fewer digits."""

from core.zoo.precision import FLOAT32
from pages.parts.shared.linked import Linked
from pages.parts.shared.rare_option import shows_option
from pages.parts.shared.session import workbench

LINKED = Linked("saliency")
QUICK, EXACT = "quick", "exact"


def pick_precision() -> str:
    """Return the number format for maps; an expert option where this machine has a faster one."""
    fastest = workbench().precision
    if fastest == FLOAT32 or not shows_option(LINKED, "precision", QUICK):
        return fastest
    chosen = LINKED.segmented(
        "Slow maps", [QUICK, EXACT], "precision",
        help="Quick: Occlusion, RISE, Superpixels, Score-CAM and Eigen-CAM compute in bfloat16"
        " where their maps agree with exact ones. Exact: always in float32.",
    )  # fmt: skip
    return FLOAT32 if chosen == EXACT else fastest
