"""The installed command `companion`: one line for whoever has not installed what it needs."""

import sys
from pathlib import Path


def needs(name: str) -> int:
    """Say in one line what is not installed and how it comes; returns the exit status."""
    made = Path(sys.prefix, ".locked").exists()  # by make, which looks into it no further
    how = "make clean, then make book" if made else "pip install 'ddpm-gmm-companion[book]'"
    print(f"companion: needs {name}: {how}", file=sys.stderr)
    return 2


def main() -> int:
    """Run :func:`companion.command.main`; returns the exit status, 2 where a package is missing."""
    try:
        from companion import command
    except ModuleNotFoundError as missing:
        return needs(missing.name)
    except ImportError as error:  # the package's own words on what is missing
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("companion: interrupted before anything began", file=sys.stderr)
        return 130
    return command.main()


if __name__ == "__main__":
    sys.exit(main())
