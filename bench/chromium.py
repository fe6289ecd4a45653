"""Debian's Chromium, as a phone that does nothing on the network of its own accord."""

from playwright.sync_api import ViewportSize

PATH = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREEN: ViewportSize = {"width": 360, "height": 640}
