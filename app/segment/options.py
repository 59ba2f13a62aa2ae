"""The options of ``POST /segment``, from the query or a form, and the forms of its answer."""

from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.core.problems import Problem
from app.local_labels.case_rule import MOST_CHARACTERS, case_of, rule_problem
from app.local_labels.records import Label

MAX_WAIT_SECONDS = 60.0
Output = Literal["json", "mask", "overlay", "seg", "probability", "dicom"]
OBJECTS: dict[Output, tuple[str, ...]] = {
    "seg": ("seg",),
    "probability": ("probability",),
    "dicom": ("seg", "sr", "sc"),
}
"""The DICOM objects of each form of the answer that has any."""


class Options(BaseModel):
    """Options of a request, from the query or from form fields."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str | None, Field(max_length=80)] = None
    subject: Annotated[str | None, Field(max_length=200)] = None
    wait: Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS)] = 30.0
    store: bool = True
    output: Output | None = None
    project: UUID | None = None
    upload: UUID | None = None
    """A file uploaded in parts, in place of one in the form."""
    name: Annotated[str | None, Field(max_length=255)] = None
    """The file's name; only in a form, because URLs are logged."""
    case: Annotated[str | None, Field(max_length=200)] = None
    case_rule: Annotated[str | None, Field(max_length=MOST_CHARACTERS)] = None

    @field_validator("case_rule")
    @classmethod
    def _reads_a_case(cls, rule: str | None) -> str | None:
        problem = rule_problem(rule) if rule else None
        if problem:
            raise ValueError(problem)
        return rule

    @property
    def leaves_case_open(self) -> bool:
        """Whether there is a name but neither a case nor a rule to read it by."""
        return bool((self.name or "").strip() and not (self.case or "").strip()) and (
            self.case_rule is None
        )

    @property
    def label(self) -> Label | None:
        """The image's local label, if it has one."""
        name, case = (self.name or "").strip(), (self.case or "").strip()
        if name and not case and self.case_rule:
            case = case_of(self.case_rule, name) or ""
        return Label(name or None, case or None) if name or case else None


BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "upload": {
                        "type": "string",
                        "format": "uuid",
                        "description": (
                            "Instead of `file`: a file uploaded in parts, see `POST /uploads`."
                        ),
                    },
                    "model": {"type": "string", "maxLength": 80},
                    "subject": {"type": "string", "maxLength": 200},
                    "wait": {
                        "type": ["number", "string"],
                        "minimum": 0,
                        "maximum": MAX_WAIT_SECONDS,
                        "description": "Seconds; a form holds them as text.",
                    },
                    "store": {
                        "type": ["boolean", "integer", "string"],
                        "description": (
                            "true or false; since forms hold text, 1, 0, yes and no are "
                            "accepted too."
                        ),
                    },
                    "output": {"type": "string", "enum": list(get_args(Output))},
                    "project": {"type": "string", "format": "uuid"},
                    "name": {
                        "type": "string",
                        "maxLength": 255,
                        "description": (
                            "Name of the file. Kept sealed; shown to those who may see the image."
                        ),
                    },
                    "case": {
                        "type": "string",
                        "maxLength": 200,
                        "description": (
                            "Kept like the name; names the patient if `subject` does not."
                        ),
                    },
                    "case_rule": {
                        "type": "string",
                        "maxLength": MOST_CHARACTERS,
                        "description": (
                            "Reads the case out of the name if none is given, such as "
                            "`US_{case}_*`: `*` is any part, `?` one character. If the name "
                            "does not match, the patient is unknown. Without it, the "
                            "project's rule reads the names of pictures; an empty one reads "
                            "none."
                        ),
                    },
                },
            }
        },
        **{
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (
                "image/png",
                "image/jpeg",
                "image/tiff",
                "image/bmp",
                "image/webp",
                "application/dicom",
                "application/octet-stream",
            )
        },
    },
}


def negotiate(accept_header: str) -> Output:
    """Choose the form of the answer by ``Accept``; the first one of the highest quality wins.

    Raises:
        Problem: 406.
    """
    best: tuple[float, Output] | None = None
    for part in accept_header.split(","):
        kind, *parameters = [piece.strip().lower() for piece in part.split(";")]
        values = dict(piece.split("=", 1) for piece in parameters if "=" in piece)
        try:
            quality = float(values.get("q", "1"))
        except ValueError:
            quality = 0.0
        form: Output | None = None
        if kind in {"application/json", "application/*", "*/*", ""}:
            form = "json"
        elif kind in {"image/png", "image/*"}:
            form = "overlay" if values.get("profile", "").strip('"') == "overlay" else "mask"
        elif kind == "application/dicom":
            fractional = values.get("profile", "").strip('"') == "probability"
            form = "probability" if fractional else "seg"
        elif kind == "multipart/related":
            of_dicom = values.get("type", "application/dicom").strip('"') == "application/dicom"
            form = "dicom" if of_dicom else None
        if form and quality > 0 and (best is None or quality > best[0]):
            best = (quality, form)
    if best is None:
        raise Problem(
            406,
            "not-acceptable",
            "Accept `application/json`, `image/png`, `application/dicom` or `multipart/related`.",
        )
    return best[1]
