"""What the processors of this machine can do by themselves. Needs nothing heavy."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# Instructions that multiply bfloat16 and add up in float32, as Linux names them. Without them TensorFlow
# takes three times as long as in float32 (docs/decisions/0165-the-net-in-bfloat16.md). Arm's are not here:
# nobody has measured them.
_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16"})


def have_bfloat16(cpuinfo: Path | None = None) -> bool:
    """Say whether the processors multiply bfloat16 natively; no where the system does not tell.

    Args:
        cpuinfo: Other than the system's.
    """
    try:
        lines = (cpuinfo or CPUINFO).read_text().splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not _BFLOAT16.isdisjoint(flags.split())
