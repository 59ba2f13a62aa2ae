"""The header that names the languages of a browser, as routes take it.

Not beside the languages themselves, which the settings of every process name: it needs FastAPI.
"""

from typing import Annotated

from fastapi import Header

AcceptLanguage = Annotated[
    str | None,
    Header(max_length=1000, description="Language of the letter to somebody who has chosen none."),
]
