"""Where figures come from: the machine, the system, the interpreter, the versions."""

from __future__ import annotations

import platform
from importlib.metadata import version
from sysconfig import get_config_var

from pyperf import Run


def facts(*packages: str) -> str:
    """A line for what the figures depend on."""
    found = Run([1.0], collect_metadata=True).get_metadata()
    versions = ", ".join(f"{package} {version(package)}" for package in ("bylaws", *packages))
    processor = found.get("cpu_model_name", platform.machine())
    profiled = (
        "with" if "--enable-optimizations" in str(get_config_var("CONFIG_ARGS")) else "without"
    )
    return (
        f"{processor}, {found['cpu_count']} CPUs; "
        f"{platform.system()}, {' '.join(platform.libc_ver())}; "
        f"{platform.python_implementation()} {platform.python_version()} "
        f"({platform.python_compiler()}, "
        f"{profiled} profile-guided optimization); {versions}; {str(found['date'])[:10]}."
    )
