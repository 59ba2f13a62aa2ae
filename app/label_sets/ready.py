"""Ready sets: ultrasound vocabularies that a site can start from.

BI-RADS: ACR BI-RADS Atlas, 5th edition (2013), Ultrasound, the lexicon and the final assessment
categories. O-RADS: ACR O-RADS US Risk Stratification and Management System, v2022, and the lexicon
white paper (Andreotti et al., JACR 2018). Codes are SNOMED CT where DICOM PS3.16 uses one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.ids import new_id
from app.label_sets.schemas import Choice, Code, NewAttribute, NewClass
from app.label_sets.tables import AttributeKind, AttributeSubject

COLOURS = (
    *("#ffd54a", "#4fc3f7", "#ff8a65", "#81c784", "#ba68c8", "#f06292"),
    *("#4db6ac", "#a1887f", "#dce775", "#7986cb", "#e57373", "#90a4ae"),
)
"""Distinguishable on grey, also with red-green colour blindness, as far as twelve can be."""

LESION, IMAGE = AttributeSubject.LESION, AttributeSubject.IMAGE
MASS = Code(scheme="SCT", value="4147007", meaning="Mass")
LYMPH_NODE = Code(scheme="SCT", value="59441001", meaning="Lymph node")
CYST = Code(scheme="SCT", value="367643001", meaning="Cyst")
CALCIFICATION = Code(scheme="SCT", value="309587003", meaning="Calcification of breast")


@dataclass(frozen=True, slots=True)
class Ready:
    """A ready label set: its classes and attributes, and their source.

    Attributes:
        source: the document that it follows.
        classes: key, name and code of each.
    """

    key: str
    name: str
    source: str
    classes: tuple[tuple[str, str, Code | None], ...]
    attributes: tuple["ReadyAttribute", ...]

    def build(self) -> tuple[list[NewClass], list[NewAttribute]]:
        """Return its classes and attributes with new ids."""
        classes = [
            NewClass(
                id=new_id(),
                name=name,
                term=self._term(key),
                colour=COLOURS[at % len(COLOURS)],
                code=code,
            )
            for at, (key, name, code) in enumerate(self.classes)
        ]
        ids = {one.name: one.id for one in classes}
        attributes = [
            NewAttribute(
                id=new_id(),
                name=one.name,
                term=self._term(one.key),
                subject=one.subject,
                kind=AttributeKind.CHOICE if one.choices else one.kind,
                required=one.required,
                class_ids=[found for name in one.of if (found := ids[name])],
                choices=[
                    Choice(value=value, meaning=meaning, term=self._term(one.key, value))
                    for value, meaning in one.choices
                ],
                unit=one.unit,
                minimum=one.minimum,
            )
            for one in self.attributes
        ]
        return classes, attributes

    def terms(self) -> dict[str, str]:
        """Return every text of the set by its key."""
        found = {self._term(key): name for key, name, _ in self.classes}
        for one in self.attributes:
            found[self._term(one.key)] = one.name
            found |= {self._term(one.key, value): meaning for value, meaning in one.choices}
        return found

    def _term(self, *keys: str) -> str:
        return "/".join((self.key, *keys))


@dataclass(frozen=True, slots=True)
class ReadyAttribute:
    """One attribute of a ready set.

    Attributes:
        key: stays the same even if the name changes.
        of: names of the classes that have it; empty means all.
    """

    key: str
    name: str
    subject: AttributeSubject
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    of: tuple[str, ...] = ()
    kind: AttributeKind = AttributeKind.TEXT
    unit: str | None = None
    minimum: float | None = None


def _same(*meanings: str) -> tuple[tuple[str, str], ...]:
    """Return choices whose values are derived from their meanings."""
    words = ("".join(c if c.isalnum() else " " for c in meaning.lower()) for meaning in meanings)
    return tuple(
        ("-".join(word.split())[:40], meaning)
        for word, meaning in zip(words, meanings, strict=True)
    )


_YES_NO = (("no", "No"), ("yes", "Yes"))
_BREAST_MASS = ("Mass",)
_BIRADS = Ready(
    key="bi-rads-us",
    name="BI-RADS ultrasound",
    source="ACR BI-RADS Atlas, 5th edition (2013), Ultrasound",
    classes=(
        ("mass", "Mass", MASS),
        ("cyst", "Cyst", CYST),
        ("calcifications", "Calcifications", CALCIFICATION),
        ("architectural-distortion", "Architectural distortion", None),
        ("lymph-node", "Lymph node", LYMPH_NODE),
    ),
    attributes=(
        ReadyAttribute(
            "shape", "Shape", LESION, _same("Oval", "Round", "Irregular"), True, _BREAST_MASS
        ),
        ReadyAttribute(
            "orientation",
            "Orientation",
            LESION,
            _same("Parallel", "Not parallel"),
            True,
            _BREAST_MASS,
        ),
        ReadyAttribute(
            "margin",
            "Margin",
            LESION,
            (
                ("circumscribed", "Circumscribed"),
                ("indistinct", "Not circumscribed: indistinct"),
                ("angular", "Not circumscribed: angular"),
                ("microlobulated", "Not circumscribed: microlobulated"),
                ("spiculated", "Not circumscribed: spiculated"),
            ),
            True,
            _BREAST_MASS,
        ),
        ReadyAttribute(
            "echo-pattern",
            "Echo pattern",
            LESION,
            _same(
                *("Anechoic", "Hyperechoic", "Complex cystic and solid", "Hypoechoic"),
                *("Isoechoic", "Heterogeneous"),
            ),
            True,
            _BREAST_MASS,
        ),
        ReadyAttribute(
            "posterior-features",
            "Posterior features",
            LESION,
            (
                ("none", "No posterior features"),
                *_same("Enhancement", "Shadowing"),
                ("combined", "Combined pattern"),
            ),
            True,
            _BREAST_MASS,
        ),
        ReadyAttribute(
            "calcification-place",
            "Calcifications",
            LESION,
            _same("In a mass", "Outside of a mass", "Intraductal"),
            True,
            ("Calcifications",),
        ),
        ReadyAttribute(
            "vascularity",
            "Vascularity",
            LESION,
            _same("Absent", "Internal vascularity", "Vessels in rim"),
            of=_BREAST_MASS,
        ),
        ReadyAttribute(
            "elasticity",
            "Elasticity",
            LESION,
            _same("Soft", "Intermediate", "Hard"),
            of=_BREAST_MASS,
        ),
        ReadyAttribute("duct-changes", "Duct changes", LESION, _YES_NO, of=_BREAST_MASS),
        ReadyAttribute("skin-thickening", "Skin thickening", LESION, _YES_NO, of=_BREAST_MASS),
        ReadyAttribute("skin-retraction", "Skin retraction", LESION, _YES_NO, of=_BREAST_MASS),
        ReadyAttribute("edema", "Edema", LESION, _YES_NO, of=_BREAST_MASS),
        ReadyAttribute(
            "special-case",
            "Special case",
            LESION,
            _same(
                *("Simple cyst", "Clustered microcysts", "Complicated cyst"),
                *("Mass in or on skin", "Foreign body including implants"),
                *("Lymph nodes, intramammary", "Lymph nodes, axillary", "Vascular abnormalities"),
                *("Postsurgical fluid collection", "Fat necrosis"),
            ),
        ),
        ReadyAttribute(
            "tissue-composition",
            "Tissue composition",
            IMAGE,
            (
                ("homogeneous-fat", "Homogeneous background echotexture, fat"),
                (
                    "homogeneous-fibroglandular",
                    "Homogeneous background echotexture, fibroglandular",
                ),
                ("heterogeneous", "Heterogeneous background echotexture"),
            ),
        ),
        ReadyAttribute(
            "bi-rads-category",
            "BI-RADS category",
            IMAGE,
            (
                ("0", "0: incomplete, additional imaging needed"),
                ("1", "1: negative"),
                ("2", "2: benign"),
                ("3", "3: probably benign"),
                ("4A", "4A: low suspicion for malignancy"),
                ("4B", "4B: moderate suspicion for malignancy"),
                ("4C", "4C: high suspicion for malignancy"),
                ("5", "5: highly suggestive of malignancy"),
                ("6", "6: known biopsy-proven malignancy"),
            ),
            True,
        ),
    ),
)

_UNILOCULAR = "Unilocular cyst"
_UNILOCULAR_SOLID = "Unilocular cyst with solid component"
_BILOCULAR = "Bilocular cyst"
_MULTILOCULAR = "Multilocular cyst"
_MULTILOCULAR_SOLID = "Bilocular or multilocular cyst with solid component"
_SOLID = "Solid lesion"
_CYSTIC = (_UNILOCULAR, _BILOCULAR, _MULTILOCULAR, _UNILOCULAR_SOLID, _MULTILOCULAR_SOLID)
_LESIONS = (*_CYSTIC, _SOLID)
_LESION_KEYS = (
    *("unilocular", "bilocular", "multilocular", "unilocular-solid", "multilocular-solid"),
    "solid",
)
_ORADS = Ready(
    key="o-rads-us",
    name="O-RADS ultrasound",
    source="ACR O-RADS US, v2022, and its lexicon (Andreotti et al., JACR 2018)",
    classes=(
        *((key, name, None) for key, name in zip(_LESION_KEYS, _LESIONS, strict=True)),
        ("physiologic", "Physiologic: follicle or corpus luteum", None),
        ("extraovarian", "Extraovarian lesion", None),
    ),
    attributes=(
        ReadyAttribute(
            "largest-diameter",
            "Largest diameter",
            LESION,
            kind=AttributeKind.NUMBER,
            unit="mm",
            minimum=0.0,
            of=_LESIONS,
        ),
        ReadyAttribute(
            "cyst-contents",
            "Cyst contents",
            LESION,
            _same(
                *("Anechoic", "Low-level echogenicity", "Ground glass echogenicity"),
                *("Hemorrhagic", "Dermoid", "Scattered low-level echoes"),
            ),
            of=_CYSTIC,
        ),
        ReadyAttribute(
            "inner-wall",
            "Inner wall",
            LESION,
            (("smooth", "Smooth"), ("irregular", "Irregular (below 3 mm in height)")),
            of=_CYSTIC,
        ),
        ReadyAttribute(
            "papillary-projections",
            "Papillary projections",
            LESION,
            (("0", "None"), ("1-3", "1 to 3"), ("4-or-more", "4 or more")),
            True,
            (_UNILOCULAR_SOLID, _MULTILOCULAR_SOLID),
        ),
        ReadyAttribute(
            "outer-contour", "Outer contour", LESION, _same("Smooth", "Irregular"), True, (_SOLID,)
        ),
        ReadyAttribute("acoustic-shadowing", "Acoustic shadowing", LESION, _YES_NO, of=(_SOLID,)),
        ReadyAttribute(
            "color-score",
            "Color score",
            LESION,
            (
                ("1", "1: no flow"),
                ("2", "2: minimal flow"),
                ("3", "3: moderate flow"),
                ("4", "4: very strong flow"),
            ),
            of=_LESIONS,
        ),
        ReadyAttribute(
            "typical-benign-lesion",
            "Typical benign lesion",
            LESION,
            _same(
                *("Typical hemorrhagic cyst", "Typical dermoid cyst", "Typical endometrioma"),
                *("Typical paraovarian cyst", "Typical peritoneal inclusion cyst"),
                "Typical hydrosalpinx",
            ),
        ),
        ReadyAttribute("ascites", "Ascites", IMAGE, _YES_NO, True),
        ReadyAttribute("peritoneal-nodules", "Peritoneal nodules", IMAGE, _YES_NO, True),
        ReadyAttribute(
            "menopausal-status",
            "Menopausal status",
            IMAGE,
            _same("Premenopausal", "Postmenopausal", "Uncertain"),
        ),
        ReadyAttribute(
            "o-rads-category",
            "O-RADS category",
            IMAGE,
            (
                ("0", "0: incomplete evaluation"),
                ("1", "1: normal ovary"),
                ("2", "2: almost certainly benign (below 1 %)"),
                ("3", "3: low risk (1 to below 10 %)"),
                ("4", "4: intermediate risk (10 to below 50 %)"),
                ("5", "5: high risk (50 % and above)"),
            ),
            True,
        ),
    ),
)

_OVARY = Ready(
    key="ovarian-tumours",
    name="Ovarian tumours",
    source="The eight kinds of OTU_2D (Zhao et al., arXiv:2207.06799)",
    classes=tuple(
        (key, name, None)
        for key, name in (
            ("chocolate-cyst", "Chocolate cyst"),
            ("serous-cystadenoma", "Serous cystadenoma"),
            ("teratoma", "Teratoma"),
            ("theca-cell-tumor", "Theca cell tumor"),
            ("simple-cyst", "Simple cyst"),
            ("normal-ovary", "Normal ovary"),
            ("mucinous-cystadenoma", "Mucinous cystadenoma"),
            ("high-grade-serous-cystadenocarcinoma", "High-grade serous cystadenocarcinoma"),
        )
    ),
    attributes=(),
)

READY: Sequence[Ready] = (_BIRADS, _ORADS, _OVARY)
BY_KEY = {one.key: one for one in READY}
TERMS = {term: text for one in READY for term, text in one.terms().items()}
"""Every text of the ready sets by the key under which the pages translate it
(``frontend/src/app/readyTerms.ts``): ``set/class``, ``set/attribute`` or ``set/attribute/value``.
Keys are stored with label sets and never change."""
