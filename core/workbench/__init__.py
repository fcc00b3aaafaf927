"""How results are computed and stored: recipes, tasks, the workbench, its engine and its store."""

from core.workbench.workbench import Workbench

__all__ = ["Workbench"]
