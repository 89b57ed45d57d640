"""The installed command `companion`: one line for whoever has not installed what it needs."""

import sys


def main() -> int:
    """Run :func:`companion.command.main`; returns the exit status, 2 where a package is missing."""
    try:
        from companion import command
    except ModuleNotFoundError as missing:
        print(
            f"companion needs {missing.name}: pip install 'ddpm-gmm-companion[book]'",
            file=sys.stderr,
        )
        return 2
    except ImportError as error:  # the package's own words on what is missing
        print(error, file=sys.stderr)
        return 2
    return command.main()
