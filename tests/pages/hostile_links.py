"""Links that hold anything: values for every parameter, at random from a seed."""

import os
import random
from collections.abc import Iterator, Mapping, Sequence

from streamlit.testing.v1 import AppTest

# How many links open each page, and the seed of their values. A long run, outside the test suite:
# ZOOSCOPE_LINKS=500 ZOOSCOPE_LINKS_SEED=1 pytest tests/pages/test_links.py -k random
LINKS = int(os.environ.get("ZOOSCOPE_LINKS", "2"))
SEED = os.environ.get("ZOOSCOPE_LINKS_SEED", "0")

DIGITS = "9" * 5000
NUMBERS = (
    DIGITS, f"-{DIGITS}", f"0.{DIGITS}", "inf", "-inf", "Infinity", "nan", "-nan", "1e400",
    "-1e400", "1e999999999", "1e-400", "1e308", "-0", "-1", "0", "7.5", "9" * 30, "0x10", "1_000",
    "1,5", " 7 ", "7\n", "٣", "１２", "²", "½", "Ⅷ", "--1", "1e", "+",
)  # fmt: skip
TEXTS = (
    "", " ", "\0", "a\0b", "\ufffd", "\u202eabc", "\N{GRINNING FACE}" * 300, "e" + "\u0301" * 2000,
    "\r\n# Title\n- item", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "[text](https://example.org)", "![text](https://example.org/x.png)", "https://example.org",
    "$\\frac{1}{0}$", "`" * 9, ":material/warning:", ":red[text]", "%", "%00", "%zz", "{}", "[]",
    "null", "None", "true", "FALSE", "../../etc/passwd", "/etc/passwd", "C:\\windows",
    "a" * 100_000,
)  # fmt: skip
REFERENCES = (
    "scene:", "scene:wolf", f"scene:wolf~{DIGITS}", "scene:wolf~-1", "scene:wolf~nan",
    "scene:wolf~²", "scene:wolf~7~", f"scene:wolf~7~scale={DIGITS}", "scene:wolf~7~scale=nan",
    "scene:wolf~7~hue=1e400", "scene:wolf~7~hue", "scene:wolf~7~class_=cat", "scene:wolf~7~=",
    "scene:wolf~7~background=\0", "scene:__class__~7", "scene:" + "wolf~7" * 20_000,
    "upload:", f"upload:{DIGITS}", "upload:0123456789abcdef", "upload:../../etc/passwd",
    "photo:", f"photo:{DIGITS}", "photo:../../etc/passwd", "photo:a\0b",
    "scenes:", "scenes:0~0", "scenes:-1~7", "scenes:nan~inf", f"scenes:{DIGITS}~7",
    f"scenes:12~{DIGITS}", "scenes:٣~7", "scenes:9999999999~7", "scenes:12~7~classes=",
    "scenes:12~7~classes=dog,\0", "scenes:12~7~count=3",
    "pictures:", "pictures:,,,", f"pictures:scene:wolf~{DIGITS}", "pictures:pictures:photo:coffee",
    "pictures:" + ",".join(f"photo:{index}" for index in range(5000)),
    "folder:", "folder:../..:0", "folder:/etc:0", "folder:a\0b:0", f"folder:{DIGITS}:{DIGITS}",
    "archive:", "archive:../..", f"archive:{DIGITS}", "gallery:", "gallery:0", "gallery:a\0b",
)  # fmt: skip
MODELS = (
    "local/", "local/..", "local/../..", "local/\0", "local/" + "a" * 100_000, "bundled/",
    "bundled/.", "untrained/", "untrained/test_resnet@", f"untrained/test_resnet@{DIGITS}",
    "untrained/test_resnet@-1", "untrained/test_resnet@²", "untrained/a\0b", "hf-hub:a/b",
    "hf_hub:a", "local-dir:/etc", "resnet18.", "resnet18.a\0b", ".a1_in1k", "resnet18.a1_in1k",
    "vit_tiny_patch16_224", "https://example.org/model", "/", "//", ".",
)  # fmt: skip
# References of pictures and sets that exist.
LONG = ("scene:wolf~7" + "~scale=0.5" * 5000, "scenes:12~7" + "~classes=dog" * 5000)
VALUES = (*NUMBERS, *TEXTS, *REFERENCES, *MODELS, *LONG)

# A parameter's name, and what its widget offers.
Offered = Mapping[str, Sequence[str]]


def offered(app: AppTest) -> dict[str, list[str]]:
    """Return the parameters that widgets on the shown page are bound to, with their options."""
    found = {}
    for element in (*app.main, *app.sidebar):
        key = getattr(element.proto, "query_param_key", "") if hasattr(element, "proto") else ""
        if key:
            found[key] = [str(option) for option in getattr(element, "options", ())]
    return found


def random_link(page: str, parameters: Offered, attempt: int) -> dict[str, list[str]]:
    """Return a link with hostile values and options.

    A parameter's values depend on its name and on nothing else that the page shows.

    Args:
        page: Name of the page's file.
        parameters: The parameters that the page may have.
        attempt: Number of the link.
    """
    link = {}
    for name in parameters:
        generator = random.Random(f"{SEED} {page} {attempt} {name}")
        # Pages show little for pictures and networks that do not exist.
        hostile = 0.7 if name.startswith(f"{page}_") else 0.15
        options = [option for option in parameters[name] if option]
        drawn = generator.random()
        if drawn < hostile:
            values = generator.choices(VALUES, k=generator.choice((1, 1, 1, 2, 3, 50)))
        elif drawn < hostile + 0.25 and options:
            values = [generator.choice(options)]
        else:
            continue
        old = generator.random() < 0.2
        link[name.removeprefix(f"{page}_") if old else name] = values
    return link


def damaged(references: Sequence[str], count: int) -> Iterator[str]:
    """Yield references with one part replaced, repeated or removed.

    Args:
        references: Good references.
        count: How many.
    """
    generator = random.Random(f"{SEED} references")
    for _ in range(count):
        text = generator.choice(references)
        for _ in range(generator.randint(1, 3)):
            first, last = sorted(generator.choices(range(len(text) + 1), k=2))
            middle = generator.choice(["", text[first:last] * 2, generator.choice(VALUES)])
            text = text[:first] + middle + text[last:]
        yield text
