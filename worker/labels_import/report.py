"""The report of an import: counts and lists; its JSON is `app.imports.schemas.ImportReport`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from worker.formats.source import Finding
from worker.labels_import.archive import printable
from worker.labels_import.labels import Decided, Outcome

MOST_FINDINGS = 1000
MOST_CLASSES = 500
REASON_LENGTH = 1000
"""Reasons may quote file names."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A label as counted in a report."""

    name: str
    outcome: Outcome
    lesions: int
    label_sha256: str
    classes: Mapping[str, int] = field(default_factory=dict)
    """Lesions by the archive's class names."""
    nobodys: bool = False
    """Whether it was counted as an image of an unknown patient."""


@dataclass
class Report:
    """Counts, and the files that cannot be used."""

    layout: str
    labels: int = 0
    new_images: int = 0
    new_revisions: int = 0
    unchanged: int = 0
    kept_aside: int = 0
    without_lesion: int = 0
    lesions: int = 0
    bad: int = 0
    findings: list[dict[str, str]] = field(default_factory=list)
    more_findings: int = 0
    classes: dict[str, dict[str, int]] = field(default_factory=dict)
    """`lesions` and `images` by the archive's class names."""
    without_subject: int = 0
    """New images of unknown patients."""
    contradicted: list[str] = field(default_factory=list)
    """SHA-256 of pixels that the archive labels twice and differently: neither label is stored."""

    def add(self, decided: Decided, outcome: Outcome | None = None) -> None:
        """Count a good label."""
        outcome = outcome or decided.outcome
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)
        self.labels += 1
        self.lesions += decided.lesions
        self.without_lesion += decided.lesions == 0
        self.without_subject += outcome is Outcome.NEW_IMAGE and decided.patient is None
        self._see(Counter(decided.found.values()), 1)
        if outcome == Outcome.KEPT_ASIDE:
            self.find(
                Finding(
                    decided.name,
                    "kept-aside",
                    "The image is approved here with another label, or people are reading it; "
                    "it stays as it is.",
                    bad=False,
                )
            )

    def take_back(self, counted: Counted) -> None:
        """Remove a label that turned out to be contradicted from the counts."""
        setattr(self, counted.outcome.value, getattr(self, counted.outcome.value) - 1)
        self.labels -= 1
        self.lesions -= counted.lesions
        self.without_lesion -= counted.lesions == 0
        self.without_subject -= counted.nobodys
        self._see(counted.classes, -1)

    def _see(self, found: Mapping[str, int], sign: int) -> None:
        for name, lesions in found.items():
            if name not in self.classes and len(self.classes) >= MOST_CLASSES:
                continue
            seen = self.classes.setdefault(name, {"lesions": 0, "images": 0})
            seen["lesions"] += sign * lesions
            seen["images"] += sign
            if not seen["images"]:
                del self.classes[name]

    def find(self, finding: Finding) -> None:
        """List a file that cannot be used, or something that was left out."""
        self.bad += finding.bad
        if len(self.findings) < MOST_FINDINGS:
            entry = {"name": printable(finding.name), "code": finding.code}
            reason = "".join(c if c.isprintable() else "?" for c in finding.reason)[:REASON_LENGTH]
            self.findings.append({**entry, "reason": reason})
        else:
            self.more_findings += 1

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    def counts(self) -> dict[str, Any]:
        """Return the counts without the long list, to be stored often."""
        listed = {"findings": [], "more_findings": self.more_findings + len(self.findings)}
        return {**self.__dict__, **listed}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Report:
        """Restore the report of a killed worker."""
        return cls(**kept)
