"""One thread everywhere, and OpenBLAS's own choice: import this before NumPy; `limit` once the libraries are loaded."""

from __future__ import annotations

import os
import sys

__all__ = ["ENVIRONMENT", "UNSET", "limit"]

ENVIRONMENT = {
    # NumPy's and SciPy's wheels each bring an OpenBLAS of their own: the variable reaches both.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "NPROC": "1",  # the size of XLA's thread pools
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}

UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""What chooses a kernel or a block size for OpenBLAS, which reads it as it is loaded."""

LATE = [name for name in UNSET if name in os.environ and "numpy" in sys.modules]
"""Those that NumPy has been loaded with already."""

os.environ.update(ENVIRONMENT)
for name in UNSET:
    os.environ.pop(name, None)


def limit() -> list[str]:
    """Hold every loaded library to one thread, and return one line for each pool that has more, and what came late."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
    try:
        import threadpoolctl
    except ImportError:
        return ["threadpoolctl is not installed: the size of the BLAS pools was not checked"]
    threadpoolctl.threadpool_limits(1)
    pools = threadpoolctl.threadpool_info()
    late = [f"{name} was set when NumPy was loaded" for name in LATE]
    return late + [f"{p['filepath']} has {p['num_threads']} threads" for p in pools if p["num_threads"] != 1]
