"""The ``Accept-Language`` header of a browser, as a parameter of routes.

It needs FastAPI, so it is kept apart from the languages, which every process's settings import.
"""

from typing import Annotated

from fastapi import Header

AcceptLanguage = Annotated[
    str | None,
    Header(
        max_length=1000, description="Language of the letter if the recipient has not chosen one."
    ),
]
