"""Where computations run."""

from core.engine.job import Job, JobState
from core.engine.local import LocalEngine

__all__ = ["Job", "JobState", "LocalEngine"]
