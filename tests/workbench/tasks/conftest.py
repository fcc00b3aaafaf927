from collections.abc import Iterator

import pytest
from PIL import Image

from core.settings import Settings
from core.workbench import Workbench


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    workbench = Workbench(settings)
    yield workbench
    workbench.close()


@pytest.fixture
def picture(bench: Workbench, noise: Image.Image) -> str:
    return bench.pictures.keep(noise, "test")
