"""The report can hold any names that people give, and says which pictures it lacks."""

import io
from datetime import UTC, datetime
from uuid import UUID

import pypdf

from tests.unit.worker.evaluation.test_verdict import FACTS, pairs, worse
from worker.evaluation.report import Report, WorstPair, report_pdf
from worker.evaluation.verdict import judge


def test_names_are_not_read_as_markup_and_no_character_stops_it() -> None:
    verdict = judge([worse(fault="</para> \x00 & <b>")(one) for one in pairs()], FACTS)
    names = ["Breast <b>& co", "乳腺", "유방", "ثدي", "🫀\n"]
    worst = [WorstPair(name, "an-image", 4, 0.9, 0.1, True, False, None) for name in names]
    at = datetime(2026, 11, 2, 3, 4, tzinfo=UTC)
    report = Report(UUID(int=5), "a 2", "a 1", at, "<i>Zoë", 3, {**verdict, "skipped": 2}, worst)
    made = report_pdf(report)
    assert made == report_pdf(report)
    words = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)
    for said in ("</para> ? & <b>", "Breast <b>& co", "乳腺", "유방", "<i>Zoë", "frame 5"):
        assert said in words
    assert words.count("No picture: deleted, or not for who asked.") == len(names)
