"""What a drawing must be before it is kept, and its pixels as PNG.

The api never decodes pixels; it only writes out runs that it has checked.
"""

from io import BytesIO
from typing import Any

from app.core.problems import Problem
from app.images.tables import Frame
from app.masks.runs import check_runs
from app.masks.schemas import Labels
from app.masks.tables import Answer


def check_labels(labels: Labels) -> None:
    """Refuse runs that are not the code of a label map of the stated size.

    Raises:
        Problem: 422 that says which run is wrong.
    """
    try:
        check_runs(labels.runs, labels.width, labels.height)
    except ValueError as error:
        raise Problem(422, "broken-runs", str(error)) from error


def check_size(labels: Labels, frame: Frame) -> None:
    """Refuse a drawing of another size than its frame.

    Raises:
        Problem: 422.
    """
    if (labels.width, labels.height) != (frame.width, frame.height):
        raise Problem(
            422,
            "wrong-size",
            f"The drawing is {labels.width} × {labels.height} px and the frame is "
            f"{frame.width} × {frame.height} px; draw on this image's own frame.",
        )


def check_answer(labels: Labels, answer: Answer, reason: str | None) -> None:
    """Refuse an answer that the pixels contradict.

    Raises:
        Problem: 422 that says how to resolve it.
    """
    drawn = any(labels.runs[::2])
    if answer is Answer.LESIONS and not drawn:
        raise Problem(
            422, "answer-contradicts-mask", "No lesion is drawn; draw one or answer “no lesion”."
        )
    if answer is not Answer.LESIONS and drawn:
        raise Problem(
            422,
            "answer-contradicts-mask",
            f"A lesion is drawn and the answer is “{answer}”; delete it or answer “lesions”.",
        )
    if answer is Answer.CANNOT_JUDGE and not reason:
        raise Problem(422, "reason-missing", "Say why the image cannot be judged.")


def mask_png(labels: Labels) -> bytes:
    """1-bit greyscale PNG, white where any lesion is; the labels must have been checked."""
    from PIL import Image as Picture  # only who saves needs it

    runs = labels.runs
    pixels = b"".join(
        (b"\xff" if label else b"\0") * length
        for label, length in zip(runs[::2], runs[1::2], strict=True)
    )
    picture = Picture.frombytes("L", (labels.width, labels.height), pixels)
    out = BytesIO()
    picture.convert("1", dither=Picture.Dither.NONE).save(out, "PNG", compress_level=6)
    return out.getvalue()


def stored_labels(kept: dict[str, Any], frame: Frame) -> Labels:
    """A drawing as rows keep it, which was checked when it came in."""
    return Labels.model_construct(
        width=frame.width, height=frame.height, runs=kept["runs"], names=kept["names"]
    )
