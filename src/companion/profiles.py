"""The two sizes at which every notebook runs, and what a reader may change of one."""

from types import SimpleNamespace

PROFILES = ("quick", "full")


def checked(profile: str) -> str:
    """Return ``profile`` if there is one of that name, else raise ValueError."""
    if profile not in PROFILES:
        raise ValueError(f"profile: got {profile!r}, must be one of {', '.join(PROFILES)}")
    return profile


def changed(profile: str, sizes: dict[str, int]) -> str:
    """The profile with sizes of a reader's own, as the text "quick d=64 seeds=20"."""
    return " ".join([checked(profile), *(f"{name}={value}" for name, value in sizes.items())])


def sizes(profile: str, *, quick: dict, full: dict) -> SimpleNamespace:
    """The sizes (numbers of seeds, samples, dimensions) of the chosen profile.

    Both profiles must name the same sizes, so that a notebook cannot run in one only. The profile's
    name may be followed by whole numbers that take the place of its own, as "quick d=64".
    """
    if quick.keys() != full.keys():
        odd = sorted(quick.keys() ^ full.keys())
        raise ValueError(f"quick, full: got {odd} in one only, must name the same sizes")
    name, *changes = profile.split() or [""]
    chosen = dict({"quick": quick, "full": full}[checked(name)])
    for change in changes:
        size, _, value = change.partition("=")
        if size not in chosen or not value.isdecimal():
            names = ", ".join(chosen)
            raise ValueError(f"profile: got {change!r}, must be NAME=NUMBER with one of {names}")
        chosen[size] = int(value)
    return SimpleNamespace(**chosen)
