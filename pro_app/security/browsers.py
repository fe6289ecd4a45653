"""What kind of browser somebody has, so that they know their own sessions from others."""

import re

# The first that is found: most browsers name those that they want to be taken for.
_BROWSERS = {
    "MicroMessenger": "WeChat", "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox",
    "Chrome": "Chrome", "Version": "Safari",
}  # fmt: skip
_SYSTEMS = {
    "HarmonyOS": "HarmonyOS", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad",
    "Windows": "Windows", "Mac OS X": "macOS", "CrOS": "ChromeOS", "Linux": "Linux",
}  # fmt: skip


def described(user_agent: str) -> str:
    """Such as `Chrome 126, Windows`; empty when neither is known."""
    parts = []
    for sign, name in _BROWSERS.items():
        found = re.search(rf"\b{sign}/(\d+)", user_agent)
        if found:
            parts.append(f"{name} {found[1]}")
            break
    parts += [name for sign, name in _SYSTEMS.items() if sign in user_agent][:1]
    return ", ".join(parts)
