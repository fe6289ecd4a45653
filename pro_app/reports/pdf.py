"""Pages to print, from our own HTML."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that travels inside of a PDF."""

    name: str
    content: bytes
    made_at: datetime


class CantPrint(Exception):
    """The libraries that draw pages to print are not installed on this machine."""


def pdf(html: str, *, enclosed: Enclosed | None = None) -> bytes:
    """The page as a PDF with its text tagged; the same bytes for the same page.

    Fonts are those of the machine, and nothing is fetched from anywhere.
    Errors: CantPrint where Pango is missing.
    """
    try:  # half a second that only whoever prints has to wait for
        from weasyprint import HTML, Attachment
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise CantPrint from error

    nothing = URLFetcher(allowed_protocols=())
    files = []
    if enclosed:
        times = {"created": enclosed.made_at, "modified": enclosed.made_at}
        content = {"string": enclosed.content, "name": enclosed.name}
        files.append(Attachment(**content, **times, relationship="Source"))
    page = HTML(string=html, url_fetcher=nothing)
    made: bytes = page.write_pdf(pdf_variant="pdf/ua-1", attachments=files)
    return made
