"""Codes for classes and attributes of lesions (PS3.16).

BI-RADS: CID 6004, 6006, 6027, 6151, 6152, 6154, 6155, 6157. O-RADS, which has no context group: CID
218, 230, 6086, 6154 and single codes. Concepts without a DICOM or SNOMED CT code get one from a
private scheme, with the displayed word as its meaning.
"""

from __future__ import annotations

import hashlib

from pydicom.sr.coding import Code

SCHEME = "99SONOLOOP"
"""Coding scheme designator of private codes (PS3.16 section 8: 99 is private)."""

ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
ANATOMY = Code("91723000", "SCT", "Anatomical Structure")
LESION = Code("52988006", "SCT", "Lesion")
ABSENT = Code("2667000", "SCT", "Absent")
PRESENT = Code("52101004", "SCT", "Present")
ULTRASOUND = Code("16310003", "SCT", "Diagnostic ultrasonography")
NEURAL_NETWORK = Code("123110", "DCM", "Artificial Intelligence")

AREA = Code("42798000", "SCT", "Area")
LONG_AXIS = Code("103339001", "SCT", "Long axis")
SHORT_AXIS = Code("103340004", "SCT", "Short axis")
LENGTH = Code("410668003", "SCT", "Length")
DEPTH = Code("131197000", "SCT", "Depth")
ANGLE = Code("1483009", "SCT", "Angle")
VOLUME = Code("118565006", "SCT", "Volume")
ELLIPSOID = Code("126029", "DCM", "LWH method for volume of ellipsoid")
DEGREES = Code("deg", "UCUM", "Degree")
CUBIC_MILLIMETRES = Code("mm3", "UCUM", "cubic millimeter")
SQUARE_MILLIMETRES = Code("mm2", "UCUM", "square millimeter")
MILLIMETRES = Code("mm", "UCUM", "millimeter")
PIXELS = Code("{pixels}", "UCUM", "pixels")
NO_UNITS = Code("1", "UCUM", "no units")

_ORGANS = {
    "ABDOMEN": Code("818981001", "SCT", "Abdomen"),
    "AXILLA": Code("91470000", "SCT", "Axilla"),
    "BREAST": Code("76752008", "SCT", "Breast"),
    "HEART": Code("80891009", "SCT", "Heart"),
    "KIDNEY": Code("64033007", "SCT", "Kidney"),
    "LIVER": Code("10200004", "SCT", "Liver"),
    "NECK": Code("45048000", "SCT", "Neck"),
    "OVARY": Code("15497006", "SCT", "Ovary"),
    "PELVIS": Code("816092008", "SCT", "Pelvis"),
    "PROSTATE": Code("41216001", "SCT", "Prostate"),
    "TESTIS": Code("40689003", "SCT", "Testis"),
    "THYROID": Code("69748006", "SCT", "Thyroid"),
    "UTERUS": Code("35039007", "SCT", "Uterus"),
}
"""Keyed by the defined terms of Body Part Examined (PS3.16 table L-1)."""

_STRUCTURES = {"59441001"}
"""SNOMED CT codes of classes that are anatomy, not disease."""


def _dcm(value: str, meaning: str) -> Code:
    return Code(value, "DCM", meaning)


def _sct(value: str, meaning: str) -> Code:
    return Code(value, "SCT", meaning)


_NAMES = {
    "shape": _sct("300842002", "Shape"),
    "orientation": _dcm("111354", "Orientation"),
    "margin": _dcm("111037", "Margins"),
    "echo pattern": _dcm("111360", "Echo pattern"),
    "posterior features": _dcm("111366", "Posterior acoustic features"),
    "vascularity": _dcm("111372", "Vascularity"),
    "tissue composition": _dcm("111350", "Breast background echotexture"),
    "bi-rads category": _dcm("111005", "Assessment Category"),
    "largest diameter": _sct("81827009", "Diameter"),
    "menopausal status": _dcm("111539", "Menopausal phase"),
}
"""Codes of the predefined label sets' attributes, by name."""

_YES_OR_NO = (
    *("acoustic shadowing", "ascites", "peritoneal nodules"),
    *("duct changes", "skin thickening", "skin retraction", "edema"),
)
"""Attributes with these answers (CID 230)."""

_VALUES = {
    ("shape", "oval"): _sct("84360004", "Ovoid shape (Oval)"),
    ("shape", "round"): _sct("42700002", "Round shape"),
    ("shape", "irregular"): _sct("49608001", "Irregular"),
    ("orientation", "parallel"): _dcm("111355", "Parallel"),
    ("orientation", "not-parallel"): _dcm("111356", "Not parallel"),
    ("margin", "circumscribed"): _sct("129738007", "Circumscribed lesion"),
    ("margin", "indistinct"): _sct("129741003", "Indistinct lesion"),
    ("margin", "angular"): _dcm("111343", "Angular margins"),
    ("margin", "microlobulated"): _sct("129739004", "Microlobulated lesion"),
    ("margin", "spiculated"): _sct("129742005", "Spiculated lesion"),
    ("echo pattern", "anechoic"): _dcm("111361", "Anechoic"),
    ("echo pattern", "hyperechoic"): _dcm("111362", "Hyperechoic"),
    ("echo pattern", "complex-cystic-and-solid"): _dcm("111363", "Complex"),
    ("echo pattern", "hypoechoic"): _dcm("111364", "Hypoechoic"),
    ("echo pattern", "isoechoic"): _dcm("111365", "Isoechoic"),
    ("posterior features", "none"): _dcm("111367", "No posterior acoustic features"),
    ("posterior features", "enhancement"): _dcm("111368", "Posterior enhancement"),
    ("posterior features", "shadowing"): _dcm("111369", "Posterior shadowing"),
    ("posterior features", "combined"): _dcm(
        "111370", "Combined posterior enhancement and shadowing"
    ),
    ("vascularity", "absent"): _dcm("111373", "Vascularity not present"),
    ("vascularity", "internal-vascularity"): _dcm("111375", "Vascularity present in lesion"),
    ("vascularity", "vessels-in-rim"): _dcm(
        "111376", "Vascularity present immediately adjacent to lesion"
    ),
    ("tissue composition", "homogeneous-fat"): _dcm("111351", "Homogeneous fat echotexture"),
    ("tissue composition", "homogeneous-fibroglandular"): _dcm(
        "111352", "Homogeneous fibroglandular echotexture"
    ),
    ("tissue composition", "heterogeneous"): _dcm("111353", "Heterogeneous echotexture"),
    ("bi-rads category", "0"): _sct(
        "397138000", "0 - Incomplete - Need additional imaging evaluation"
    ),
    ("bi-rads category", "1"): _sct("397140005", "1 - Negative"),
    ("bi-rads category", "2"): _sct("397141009", "2 - Benign"),
    ("bi-rads category", "3"): _sct("397143007", "3 - Probably Benign"),
    ("bi-rads category", "4A"): Code("MA.II.A.5.4A", "BI", "4A - Low suspicion", "4"),
    ("bi-rads category", "4B"): Code("MA.II.A.5.4B", "BI", "4B - Intermediate suspicion", "4"),
    ("bi-rads category", "4C"): Code("MA.II.A.5.4C", "BI", "4C - Moderate suspicion", "4"),
    ("bi-rads category", "5"): _sct("397145000", "5 - Highly suggestive of malignancy"),
    ("bi-rads category", "6"): Code("MA.II.A.5.6", "BI", "6 - Known biopsy proven malignancy", "4"),
    ("cyst contents", "anechoic"): _dcm("111361", "Anechoic"),
    ("inner wall", "smooth"): _sct("82280004", "Smooth"),
    ("inner wall", "irregular"): _sct("49608001", "Irregular"),
    ("outer contour", "smooth"): _sct("82280004", "Smooth"),
    ("outer contour", "irregular"): _sct("49608001", "Irregular"),
    ("papillary projections", "0"): _sct("260413007", "None"),
    ("menopausal status", "premenopausal"): _sct("309606002", "Before menopause"),
    ("menopausal status", "postmenopausal"): _sct("307429007", "After menopause"),
    **{
        (name, value): code
        for name in _YES_OR_NO
        for value, code in (("yes", _sct("373066001", "Yes")), ("no", _sct("373067005", "No")))
    },
}


def own_code(kind: str, meaning: str) -> Code:
    """Return a private code; equal words give equal codes."""
    digest = hashlib.sha256(f"{kind}\n{meaning}".encode()).hexdigest()
    return Code(digest[:12].upper(), SCHEME, meaning[:64])


def attribute_name(name: str) -> Code:
    """The code of an attribute of lesions or images."""
    return _NAMES.get(name.casefold()) or own_code("attribute", name)


def attribute_value(name: str, value: str, meaning: str) -> Code:
    """The code of a choice of an attribute."""
    return _VALUES.get((name.casefold(), value)) or own_code(f"value/{name}", meaning)


def organ(body_part: str) -> Code | None:
    """The anatomic region of a Body Part Examined, if that is a defined term for an organ."""
    return _ORGANS.get(body_part.strip().upper())


def category_of(code: Code) -> Code:
    """The category of a segmented property (PS3.16 CID 7150)."""
    return ANATOMY if code.scheme_designator == "SCT" and code.value in _STRUCTURES else ABNORMAL
