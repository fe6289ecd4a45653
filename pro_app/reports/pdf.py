"""Pages to print, from our own HTML."""


def pdf(html: str) -> bytes:
    """The page as a PDF with its text tagged; the same bytes for the same page.

    Fonts are those of the machine, and nothing is fetched from anywhere.
    """
    # Half a second that only whoever prints has to wait for.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    nothing = URLFetcher(allowed_protocols=())
    made: bytes = HTML(string=html, url_fetcher=nothing).write_pdf(pdf_variant="pdf/ua-1")
    return made
