"""Limits of memory and computing time that the operating system puts on this process."""

from __future__ import annotations

import signal
import sys


def limit_process(megabytes: int, cpu_seconds: int) -> None:
    """Limit memory, file size and computing time, and write no core dumps.

    A core dump would hold the document. No file that is written may be larger than the memory.

    The parent watches the time too; this limit is for a process that outlives its parent. SIGXCPU
    ends it: SIGKILL, which comes at the hard limit, would look like a machine short of memory.
    """
    if sys.platform == "win32":
        return
    import resource

    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def limit_page(seconds: float) -> None:
    """End this process when one page has used so much computing time.

    Computing time is the page's fault. Time in which the process waits is the machine's, and the
    parent watches it.
    """
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, max(0.01, seconds))
