"""The two sizes at which every notebook runs."""

from types import SimpleNamespace

PROFILES = ("quick", "full")


def checked(profile: str) -> str:
    """Return ``profile`` if there is one of that name, else raise ValueError."""
    if profile not in PROFILES:
        raise ValueError(f"profile: got {profile!r}, must be one of {', '.join(PROFILES)}")
    return profile


def sizes(profile: str, *, quick: dict, full: dict) -> SimpleNamespace:
    """The sizes (numbers of seeds, samples, dimensions) of the chosen profile.

    Both profiles must name the same sizes, so that a notebook cannot run in one only.
    """
    if quick.keys() != full.keys():
        odd = sorted(quick.keys() ^ full.keys())
        raise ValueError(f"quick, full: got {odd} in one only, must name the same sizes")
    return SimpleNamespace(**{"quick": quick, "full": full}[checked(profile)])
