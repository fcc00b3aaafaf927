"""Count what works for every architecture of timm: see `__main__` for the command."""
