"""Brings new ultrasound images of a PACS to Sonoloop and the results back into their studies.

    export PACS_URL=https://pacs.example.org/dicom-web PACS_USER=… PACS_PASSWORD=…
    export SONOLOOP_URL=https://sono.example.org SONOLOOP_TOKEN=slp_…
    python pacs_poll.py --state poll.json --every 60

QIDO-RS finds studies with ultrasound, WADO-RS fetches their images, `POST /segment` answers with
DICOM objects of the same study, STOW-RS puts those back. With `--only-send` images are stored in
Sonoloop by STOW-RS and nothing is put back: results follow once somebody has approved them.

It may be killed at any moment and run again: an image counts as done once its results are in the
PACS; both sides know what came twice. The state holds hashes of UIDs and the study date up to which
all is done.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

STUDY_DATE, STUDY, SERIES, INSTANCE = "00080020", "0020000D", "0020000E", "00080018"
SOP_CLASS, FAILED = "00080016", "00081198"
ULTRASOUND = re.compile(r"1\.2\.840\.10008\.5\.1\.4\.1\.1\.(6|6\.1|3|3\.1)")
"""Images of scanners alone: results that were put back are of the same modality."""
DICOM = 'multipart/related; type="application/dicom"'
PAGE = 100
LOOK_BACK_DAYS = 7
"""Studies reach a PACS days after they were made."""
LATER = {202, 408, 425, 429, 500, 502, 503, 504, 507}


class State:
    """The instances that were done, in a small file that is replaced whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        known = json.loads(path.read_text()) if path.exists() else {}
        self.newest = day(known.get("newest", ""))
        self._done = set(known.get("done", []))

    def is_done(self, uid: str) -> bool:
        return _hash(uid) in self._done

    def done(self, uid: str) -> None:
        self._done.add(_hash(uid))
        self._write()

    def reached(self, newest: str) -> None:
        """Note up to which study date everything is done."""
        if newest != self.newest:
            self.newest = newest
            self._write()

    def _write(self) -> None:
        partial = self._path.with_suffix(".partial")
        with partial.open("w") as file:
            json.dump({"newest": self.newest, "done": sorted(self._done)}, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)

    def since(self) -> str:
        """The first study date to look for; empty for all."""
        if not self.newest:
            return ""
        return f"{date.fromisoformat(self.newest) - timedelta(days=LOOK_BACK_DAYS):%Y%m%d}"


def _hash(uid: str) -> str:
    return hashlib.sha256(uid.encode()).hexdigest()[:32]


def day(study_date: str) -> str:
    """The date; empty where it is none, such as “1994.01.30” or “20260231”, or lies in the future:
    a scanner's wrong clock must not hide the studies that follow."""
    try:
        found = date.fromisoformat(study_date) if re.fullmatch("[0-9]{8}", study_date) else None
    except ValueError:
        return ""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)  # which it is already in the east
    return study_date if found and found <= tomorrow else ""


def text(item: dict[str, Any], tag: str) -> str:
    """The first value of an attribute in DICOM JSON."""
    return str((item.get(tag, {}).get("Value") or [""])[0])


def search(pacs: httpx.Client, path: str, **query: str) -> Iterator[dict[str, Any]]:
    """All results of a QIDO-RS search, page by page."""
    for offset in range(0, sys.maxsize, PAGE):
        answer = pacs.get(path, params={**query, "limit": PAGE, "offset": offset})
        if answer.status_code == 204:
            return
        answer.raise_for_status()
        found = answer.json()
        yield from found
        if len(found) < PAGE:
            return


def images(pacs: httpx.Client, state: State) -> Iterator[tuple[str, str, str]]:
    """Address, UID and study date of each ultrasound image that is not done."""
    query = {"ModalitiesInStudy": "US"}
    if since := state.since():
        query["StudyDate"] = f"{since}-"
    for study in list(search(pacs, "studies", **query)):
        study_path = f"studies/{text(study, STUDY)}"
        for series in list(search(pacs, f"{study_path}/series", Modality="US")):
            series_path = f"{study_path}/series/{text(series, SERIES)}/instances"
            for instance in list(search(pacs, series_path)):
                uid = text(instance, INSTANCE)
                scanned = ULTRASOUND.fullmatch(text(instance, SOP_CLASS))
                if scanned and not state.is_done(uid):
                    yield f"{series_path}/{uid}", uid, text(study, STUDY_DATE)


def first_part(answer: httpx.Response) -> bytes:
    """The one part of a multipart answer."""
    boundary = re.search(r'boundary="?([^";]+)', answer.headers["Content-Type"])
    if boundary is None:
        raise ValueError("the PACS answered without a boundary")
    mark = f"--{boundary[1]}".encode()
    begin = answer.content.index(b"\r\n\r\n", answer.content.index(mark)) + 4
    return answer.content[begin : answer.content.rindex(b"\r\n" + mark)]


def fetch(pacs: httpx.Client, address: str) -> bytes:
    """An image as it is stored in the PACS, in whatever compression."""
    answer = pacs.get(address, headers={"Accept": f"{DICOM}; transfer-syntax=*"})
    answer.raise_for_status()
    return first_part(answer)


def segment(sonoloop: httpx.Client, uid: str, data: bytes) -> httpx.Response:
    """Sonoloop's results for an image, as DICOM objects of its study."""
    return sonoloop.post(
        "/segment",
        params={"wait": 60},
        content=data,
        headers={
            "Content-Type": "application/dicom",
            "Accept": DICOM,
            "Idempotency-Key": f"pacs-poll-{_hash(uid)}",
        },
    )


def send(sonoloop: httpx.Client, data: bytes) -> httpx.Response:
    """Store an image in Sonoloop."""
    mark = hashlib.sha256(data).hexdigest()
    head = f"--{mark}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    return sonoloop.post(
        "/dicomweb/studies",
        content=head + data + f"\r\n--{mark}--\r\n".encode(),
        headers={"Content-Type": f"{DICOM}; boundary={mark}", "Accept": "application/dicom+json"},
    )


def poll(pacs: httpx.Client, sonoloop: httpx.Client, state: State, *, only_send: bool) -> int:
    """One round; how many images are done now that were not before.

    What is put off is looked for again, however old its study is.
    """
    count, newest, put_off = 0, state.newest, []
    for address, uid, study_date in images(pacs, state):
        try:
            data = fetch(pacs, address)
        except httpx.HTTPStatusError as error:
            if error.response.status_code in (401, 403):
                raise
            # One that the PACS lists and cannot give must not hold up the others.
            print(f"later: the PACS answered {error.response.status_code}", file=sys.stderr)
            put_off.append(day(study_date))
            continue
        answer = send(sonoloop, data) if only_send else segment(sonoloop, uid, data)
        if answer.status_code in LATER:
            print(f"later: {answer.status_code}", file=sys.stderr)
            put_off.append(day(study_date))
            continue
        if answer.status_code == 200 and not only_send:
            back = pacs.post(
                "studies",
                content=answer.content,
                headers={
                    "Content-Type": answer.headers["Content-Type"],
                    "Accept": "application/dicom+json",
                },
            )
            if back.status_code in (401, 403):
                back.raise_for_status()
            # Some were not stored; this image must not hold up the others.
            if back.status_code != 200 and (back.status_code != 202 or FAILED in back.text):
                print(f"later: the PACS answered {back.status_code}", file=sys.stderr)
                put_off.append(day(study_date))
                continue
        elif answer.status_code != 200:  # such as a report, or a file that is damaged
            print(f"left out: {answer.status_code} {answer.text[:300]}", file=sys.stderr)
            if answer.status_code in (401, 403, 404):
                answer.raise_for_status()
        state.done(uid)
        newest = max(newest, day(study_date))
        count += 1
    state.reached(min([newest, *put_off]))
    return count


def main() -> None:
    """Poll until stopped, or once."""
    parser = argparse.ArgumentParser(description="New ultrasound of a PACS to Sonoloop and back.")
    parser.add_argument("--state", type=Path, default=Path("pacs_poll.json"))
    parser.add_argument("--every", type=float, default=0, help="seconds; 0 polls once")
    parser.add_argument("--only-send", action="store_true", help="put nothing back into the PACS")
    asked = parser.parse_args()
    environment = os.environ
    pacs = httpx.Client(
        base_url=environment["PACS_URL"].rstrip("/") + "/",
        auth=(environment.get("PACS_USER", ""), environment.get("PACS_PASSWORD", "")),
        headers={"Accept": "application/dicom+json"},
        timeout=120,
    )
    sonoloop = httpx.Client(
        base_url=environment["SONOLOOP_URL"],
        headers={"Authorization": f"Bearer {environment['SONOLOOP_TOKEN']}"},
        timeout=120,
    )
    state = State(asked.state)
    while True:
        try:
            print(poll(pacs, sonoloop, state, only_send=asked.only_send), "done", flush=True)
        except httpx.HTTPError as error:
            if not asked.every:
                raise
            print(f"later: {error}", file=sys.stderr)
        if not asked.every:
            return
        time.sleep(asked.every)


if __name__ == "__main__":
    main()
