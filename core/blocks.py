"""The blocks of a network: what a person would list instead of every layer."""

from torch import nn

# Modules that only contain other modules. The class names of timm's stages end with `STAGE`.
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
STAGE = "Stage"


def find_blocks(net: nn.Module) -> set[str]:
    """Return the names of the topmost modules that are not containers and have parameters."""
    blocks = set()

    def visit(name: str, module: nn.Module) -> None:
        for child_name, child in module.named_children():
            path = f"{name}.{child_name}" if name else child_name
            if isinstance(child, CONTAINERS) or type(child).__name__.endswith(STAGE):
                visit(path, child)
            elif any(True for _ in child.parameters()):
                blocks.add(path)

    visit("", net)
    return blocks
