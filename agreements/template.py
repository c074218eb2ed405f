"""Document forms as data: one JSON file per form, checked when it is read."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import TemplateError

_FOLDER = Path(__file__).parent / "templates"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TemplateField(_Part):
    """A typed blank. `article` is the id of the rule that asks for it; `section` where it is printed."""

    id: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    zh: str
    en: str
    kind: Literal["line", "text", "date"]
    section: Literal["head", "facts", "none"]
    required: bool
    article: str = ""


class TermSentence(_Part):
    payment: str
    act: str
    place: str


class LegalNotice(_Part):
    """Statute text with where the public copy lies and its SHA-256; never typed from memory."""

    title: str
    text: str
    source: str
    commit: str
    sha256: str


class Template(_Part):
    """A form. `official_blank` is false wherever the layout follows field lists and not an authority's own blank."""

    id: str
    version: int
    track: Literal["ZA", "JT", "RM"]
    title: str
    title_en: str
    official_blank: bool
    number_label: str
    preamble: str
    fields: tuple[TemplateField, ...]
    term_sentence: TermSentence
    effect: tuple[str, ...]
    notices: tuple[LegalNotice, ...] = ()
    contact_withheld: str
    seal_label: str
    footnote: str
    digest: str = ""

    def field(self, name: str) -> TemplateField | None:
        return next((item for item in self.fields if item.id == name), None)


def read_template(raw: bytes, name: str) -> Template:
    """Checks a template file. Raises TemplateError naming the first wrong place."""
    try:
        template = Template.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise TemplateError(f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    ids = [item.id for item in template.fields]
    if len(ids) != len(set(ids)):
        raise TemplateError(f"{name}: a field id occurs twice")
    return template.model_copy(update={"digest": sha256(raw).hexdigest()})


@cache
def load_template(name: str) -> Template:
    """The shipped form of that id (e.g. `za`). Raises TemplateError if there is none or it is malformed."""
    path = _FOLDER / f"{name}.json"
    if not name.isalnum() or not path.is_file():
        raise TemplateError(name)
    return read_template(path.read_bytes(), path.name)
