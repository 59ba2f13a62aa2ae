"""Keys of the texts of ready label sets, by which the pages translate them"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_Attributes = dict[tuple[str, str], tuple[str, dict[str, str]]]
READY: dict[str, tuple[dict[str, str], _Attributes]] = {
    "bi-rads-us": (
        {
            "Mass": "mass",
            "Cyst": "cyst",
            "Calcifications": "calcifications",
            "Architectural distortion": "architectural-distortion",
            "Lymph node": "lymph-node",
        },
        {
            ("lesion", "Shape"): (
                "shape",
                {"oval": "Oval", "round": "Round", "irregular": "Irregular"},
            ),
            ("lesion", "Orientation"): (
                "orientation",
                {"parallel": "Parallel", "not-parallel": "Not parallel"},
            ),
            ("lesion", "Margin"): (
                "margin",
                {
                    "circumscribed": "Circumscribed",
                    "indistinct": "Not circumscribed: indistinct",
                    "angular": "Not circumscribed: angular",
                    "microlobulated": "Not circumscribed: microlobulated",
                    "spiculated": "Not circumscribed: spiculated",
                },
            ),
            ("lesion", "Echo pattern"): (
                "echo-pattern",
                {
                    "anechoic": "Anechoic",
                    "hyperechoic": "Hyperechoic",
                    "complex-cystic-and-solid": "Complex cystic and solid",
                    "hypoechoic": "Hypoechoic",
                    "isoechoic": "Isoechoic",
                    "heterogeneous": "Heterogeneous",
                },
            ),
            ("lesion", "Posterior features"): (
                "posterior-features",
                {
                    "none": "No posterior features",
                    "enhancement": "Enhancement",
                    "shadowing": "Shadowing",
                    "combined": "Combined pattern",
                },
            ),
            ("lesion", "Calcifications"): (
                "calcification-place",
                {
                    "in-a-mass": "In a mass",
                    "outside-of-a-mass": "Outside of a mass",
                    "intraductal": "Intraductal",
                },
            ),
            ("lesion", "Vascularity"): (
                "vascularity",
                {
                    "absent": "Absent",
                    "internal-vascularity": "Internal vascularity",
                    "vessels-in-rim": "Vessels in rim",
                },
            ),
            ("lesion", "Elasticity"): (
                "elasticity",
                {"soft": "Soft", "intermediate": "Intermediate", "hard": "Hard"},
            ),
            ("lesion", "Duct changes"): (
                "duct-changes",
                {"no": "No", "yes": "Yes"},
            ),
            ("lesion", "Skin thickening"): (
                "skin-thickening",
                {"no": "No", "yes": "Yes"},
            ),
            ("lesion", "Skin retraction"): (
                "skin-retraction",
                {"no": "No", "yes": "Yes"},
            ),
            ("lesion", "Edema"): (
                "edema",
                {"no": "No", "yes": "Yes"},
            ),
            ("lesion", "Special case"): (
                "special-case",
                {
                    "simple-cyst": "Simple cyst",
                    "clustered-microcysts": "Clustered microcysts",
                    "complicated-cyst": "Complicated cyst",
                    "mass-in-or-on-skin": "Mass in or on skin",
                    "foreign-body-including-implants": "Foreign body including implants",
                    "lymph-nodes-intramammary": "Lymph nodes, intramammary",
                    "lymph-nodes-axillary": "Lymph nodes, axillary",
                    "vascular-abnormalities": "Vascular abnormalities",
                    "postsurgical-fluid-collection": "Postsurgical fluid collection",
                    "fat-necrosis": "Fat necrosis",
                },
            ),
            ("image", "Tissue composition"): (
                "tissue-composition",
                {
                    "homogeneous-fat": "Homogeneous background echotexture, fat",
                    "homogeneous-fibroglandular": "Homogeneous background echotexture, fibroglandular",
                    "heterogeneous": "Heterogeneous background echotexture",
                },
            ),
            ("image", "BI-RADS category"): (
                "bi-rads-category",
                {
                    "0": "0: incomplete, additional imaging needed",
                    "1": "1: negative",
                    "2": "2: benign",
                    "3": "3: probably benign",
                    "4A": "4A: low suspicion for malignancy",
                    "4B": "4B: moderate suspicion for malignancy",
                    "4C": "4C: high suspicion for malignancy",
                    "5": "5: highly suggestive of malignancy",
                    "6": "6: known biopsy-proven malignancy",
                },
            ),
        },
    ),
    "o-rads-us": (
        {
            "Unilocular cyst": "unilocular",
            "Bilocular cyst": "bilocular",
            "Multilocular cyst": "multilocular",
            "Unilocular cyst with solid component": "unilocular-solid",
            "Bilocular or multilocular cyst with solid component": "multilocular-solid",
            "Solid lesion": "solid",
            "Physiologic: follicle or corpus luteum": "physiologic",
            "Extraovarian lesion": "extraovarian",
        },
        {
            ("lesion", "Largest diameter"): (
                "largest-diameter",
                {},
            ),
            ("lesion", "Cyst contents"): (
                "cyst-contents",
                {
                    "anechoic": "Anechoic",
                    "low-level-echogenicity": "Low-level echogenicity",
                    "ground-glass-echogenicity": "Ground glass echogenicity",
                    "hemorrhagic": "Hemorrhagic",
                    "dermoid": "Dermoid",
                    "scattered-low-level-echoes": "Scattered low-level echoes",
                },
            ),
            ("lesion", "Inner wall"): (
                "inner-wall",
                {"smooth": "Smooth", "irregular": "Irregular (below 3 mm in height)"},
            ),
            ("lesion", "Papillary projections"): (
                "papillary-projections",
                {"0": "None", "1-3": "1 to 3", "4-or-more": "4 or more"},
            ),
            ("lesion", "Outer contour"): (
                "outer-contour",
                {"smooth": "Smooth", "irregular": "Irregular"},
            ),
            ("lesion", "Acoustic shadowing"): (
                "acoustic-shadowing",
                {"no": "No", "yes": "Yes"},
            ),
            ("lesion", "Color score"): (
                "color-score",
                {
                    "1": "1: no flow",
                    "2": "2: minimal flow",
                    "3": "3: moderate flow",
                    "4": "4: very strong flow",
                },
            ),
            ("lesion", "Typical benign lesion"): (
                "typical-benign-lesion",
                {
                    "typical-hemorrhagic-cyst": "Typical hemorrhagic cyst",
                    "typical-dermoid-cyst": "Typical dermoid cyst",
                    "typical-endometrioma": "Typical endometrioma",
                    "typical-paraovarian-cyst": "Typical paraovarian cyst",
                    "typical-peritoneal-inclusion-cyst": "Typical peritoneal inclusion cyst",
                    "typical-hydrosalpinx": "Typical hydrosalpinx",
                },
            ),
            ("image", "Ascites"): (
                "ascites",
                {"no": "No", "yes": "Yes"},
            ),
            ("image", "Peritoneal nodules"): (
                "peritoneal-nodules",
                {"no": "No", "yes": "Yes"},
            ),
            ("image", "Menopausal status"): (
                "menopausal-status",
                {
                    "premenopausal": "Premenopausal",
                    "postmenopausal": "Postmenopausal",
                    "uncertain": "Uncertain",
                },
            ),
            ("image", "O-RADS category"): (
                "o-rads-category",
                {
                    "0": "0: incomplete evaluation",
                    "1": "1: normal ovary",
                    "2": "2: almost certainly benign (below 1 %)",
                    "3": "3: low risk (1 to below 10 %)",
                    "4": "4: intermediate risk (10 to below 50 %)",
                    "5": "5: high risk (50 % and above)",
                },
            ),
        },
    ),
    "ovarian-tumours": (
        {
            "Chocolate cyst": "chocolate-cyst",
            "Serous cystadenoma": "serous-cystadenoma",
            "Teratoma": "teratoma",
            "Theca cell tumor": "theca-cell-tumor",
            "Simple cyst": "simple-cyst",
            "Normal ovary": "normal-ovary",
            "Mucinous cystadenoma": "mucinous-cystadenoma",
            "High-grade serous cystadenocarcinoma": "high-grade-serous-cystadenocarcinoma",
        },
        {},
    ),
}
"""Of each ready set at this release: keys of classes by name, and of attributes, with the meanings
of their values, by subject and name."""

_CLASS = sa.table(
    "label_class",
    sa.column("id", sa.Uuid()),
    sa.column("label_set_id", sa.Uuid()),
    sa.column("name", sa.String()),
    sa.column("term", sa.String()),
)
_ATTRIBUTE = sa.table(
    "attribute",
    sa.column("id", sa.Uuid()),
    sa.column("label_set_id", sa.Uuid()),
    sa.column("name", sa.String()),
    sa.column("subject", sa.String()),
    sa.column("choices", sa.JSON()),
    sa.column("term", sa.String()),
)


def upgrade() -> None:
    """Apply. A set that has at least half of a ready one's names was made from it."""
    for name in ("label_class", "attribute"):
        op.add_column(name, sa.Column("term", sa.String(length=80), nullable=True))
    connection = op.get_bind()
    classes: dict[UUID, list[Any]] = {}
    attributes: dict[UUID, list[Any]] = {}
    for one in connection.execute(sa.select(_CLASS)).all():
        classes.setdefault(one.label_set_id, []).append(one)
    for one in connection.execute(sa.select(_ATTRIBUTE)).all():
        attributes.setdefault(one.label_set_id, []).append(one)
    for set_id, of_set in classes.items():
        for ready, (class_keys, attribute_keys) in READY.items():
            _fill(ready, class_keys, attribute_keys, of_set, attributes.get(set_id, []))


def _fill(
    ready: str,
    class_keys: dict[str, str],
    attribute_keys: _Attributes,
    classes: list[Any],
    attributes: list[Any],
) -> None:
    """Give the texts that are still the ready set's their keys."""
    connection = op.get_bind()
    same = [one for one in classes if one.name in class_keys]
    asked = [one for one in attributes if (one.subject, one.name) in attribute_keys]
    if 2 * (len(same) + len(asked)) < len(class_keys) + len(attribute_keys):
        return
    for one in same:
        change = sa.update(_CLASS).where(_CLASS.c.id == one.id)
        connection.execute(change.values(term=f"{ready}/{class_keys[one.name]}"))
    for one in asked:
        key, meanings = attribute_keys[one.subject, one.name]
        term = f"{ready}/{key}"
        choices = [
            {**each, "term": f"{term}/{each['value']}"}
            if meanings.get(each["value"]) == each["meaning"]
            else each
            for each in one.choices
        ]
        change = sa.update(_ATTRIBUTE).where(_ATTRIBUTE.c.id == one.id)
        connection.execute(change.values(term=term, choices=choices))


def downgrade() -> None:
    """Undo. The pages translate by the English text again."""
    connection = op.get_bind()
    for one in connection.execute(sa.select(_ATTRIBUTE)).all():
        choices = [{key: each[key] for key in ("value", "meaning")} for each in one.choices]
        change = sa.update(_ATTRIBUTE).where(_ATTRIBUTE.c.id == one.id)
        connection.execute(change.values(choices=choices))
    for name in ("attribute", "label_class"):
        op.drop_column(name, "term")
