"""Where computations run, and what is known of those under way."""

from core.engine.errands import Errands
from core.engine.job import Job, JobState
from core.engine.ledger import Answer, Ledger
from core.engine.local import LocalEngine

__all__ = ["Answer", "Errands", "Job", "JobState", "Ledger", "LocalEngine"]
