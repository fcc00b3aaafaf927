"""Jobs, the engines that run them, and the registry of the jobs under way."""

from core.workbench.engine.background_jobs import BackgroundJobs
from core.workbench.engine.choice import ENGINES, choose_engine
from core.workbench.engine.job import BackgroundTask, Job, JobState, RecipeJob
from core.workbench.engine.job_registry import Answer, JobRegistry
from core.workbench.engine.local import LocalEngine
from core.workbench.engine.protocol import Engine

__all__ = [
    "ENGINES",
    "Answer",
    "BackgroundJobs",
    "BackgroundTask",
    "Engine",
    "Job",
    "JobRegistry",
    "JobState",
    "LocalEngine",
    "RecipeJob",
    "choose_engine",
]
