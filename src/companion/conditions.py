"""The conditions of a run: what is set for every notebook, and what can only be written down.

Whatever could change a number or a figure and can be set, is: threads, locale, the order of sets,
matplotlib's backend and style, IPython's own start-up files. What belongs to the machine is told by
the kernel itself after its run, and stands in the executed notebook's note.
"""

import importlib.metadata
import os
import platform
from pathlib import Path

from companion import paths, threads

PACKAGES = ("numpy", "scipy", "matplotlib", "papermill", "jupyter-book", "sphinx")

# One thread each, for kernels run in parallel; glibc shall keep the memory of arrays of a megabyte,
# which are made by the thousand, and not fetch it anew; no line of noise by debugpy.
SET = {
    **dict.fromkeys(threads.VARIABLES, "1"),
    "MALLOC_MMAP_THRESHOLD_": "268435456",
    "MALLOC_TRIM_THRESHOLD_": "536870912",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "LC_ALL": "C.UTF-8",
}
# Of the caller's variables none that begins so passes, but those that say where Python's files lie.
DROPPED = ("PYTHON", "IPYTHON", "JUPYTER", "MPL", "MATPLOTLIB", "LC_", "LANG")
KEPT = {"PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONPYCACHEPREFIX"}
KEPT |= {"PYTHONDONTWRITEBYTECODE"}

# What a caller may set for a machine's sake, and what can move a last digit, is written down.
TOLD = ("OMP_", "OPENBLAS_", "GOTO_", "MKL_", "BLIS_", "KMP_", "NPY_", "VECLIB_", "GLIBC_", "LD_")


def environment(own: Path) -> dict[str, str]:
    """The environment of a run; ``own`` is an empty folder for what IPython keeps."""
    passed = {k: v for k, v in os.environ.items() if k in KEPT or not k.startswith(DROPPED)}
    return (
        passed
        | SET
        | {
            "PYTHONPATH": os.pathsep.join([str(paths.SOURCE), str(paths.NOTEBOOKS)]),
            "IPYTHONDIR": str(own),
            "MPLCONFIGDIR": str(paths.BUILD / "matplotlib"),  # its list of fonts
            "MATPLOTLIBRC": os.devnull,  # matplotlib's defaults, whatever style its user likes
        }
    )


def found() -> dict:
    """What a kernel says of itself: Python, packages, BLAS, SIMD, variables that touch numbers."""
    import numpy
    import scipy.linalg  # noqa: F401  (brings its own BLAS, which is then told too)
    from threadpoolctl import threadpool_info

    libraries = {
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".rstrip()
        + f", {pool['num_threads']} thread{'s' * (pool['num_threads'] != 1)}"
        for pool in threadpool_info()
    }
    return {
        "python": platform.python_version(),
        "packages": {p: importlib.metadata.version(p) for p in PACKAGES},
        "machine": platform.machine(),
        "blas": sorted(libraries),
        "simd": numpy.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
        "environment": {k: v for k, v in sorted(os.environ.items()) if k.startswith(TOLD)},
    }
