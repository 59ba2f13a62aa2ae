"""A kind of job: its queue, its typed parameters and its typed result.

This package knows no capability. Each capability describes its kinds in a module ``jobs``, which
the api uses to queue jobs and workers use to run them.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from app.jobs.tables import Job, JobKind


class Parameters(BaseModel):
    """The parameters of a job; never anything that identifies a patient."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Outcome(BaseModel):
    """The result of a done job; a kind of job adds its own fields."""

    duplicate: bool = False
    """The object already existed."""


P = TypeVar("P", bound=Parameters)
R = TypeVar("R", bound=Outcome)


@dataclass(frozen=True, slots=True)
class Kind(Generic[P, R]):
    """A kind of job.

    Attributes:
        queue: the queue that its jobs wait in; it decides how long a job may take.
        again: what a person does if a job cannot be retried.
        less: what a person does if a job took too long.
        stoppable: the owner may stop it while it runs; what it has done stays.
    """

    name: JobKind
    queue: str
    parameters: type[P]
    outcome: type[R]
    again: str
    less: str
    stoppable: bool = False

    def read(self, job: Job) -> P:
        """Return the parameters of a job of this kind.

        Raises:
            ValueError: the job is of another kind.
        """
        if job.kind != self.name:
            raise ValueError(f"job {job.id} is of kind {job.kind}, not {self.name}")
        return self.parameters.model_validate(job.parameters or {})

    def result_of(self, job: Job) -> R | None:
        """Return the result of a finished job; None before that, or if its image was deleted."""
        return None if job.result is None else self.outcome.model_validate(job.result)
