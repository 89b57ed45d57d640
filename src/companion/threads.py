"""One thread for linear algebra, whichever client runs the notebook.

With several, sums are taken in an order that depends on the machine's cores, and a record differs
in its last digits from that of the build, whose kernels have one thread each.
"""

import os

import threadpoolctl

# For libraries that are loaded later, and for the processes that a notebook starts.
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one() -> None:
    """From now on, in this process: one thread in every library, loaded yet or not."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    threadpoolctl.threadpool_limits(1)
