"""What things take on a simulated server, so that how long an audit takes can be measured without Windows.

Nothing is computed meanwhile: a server that takes its time sleeps.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """Seconds.

    `powershell_start`: until any PowerShell process runs its script, from the command's start on, so that input may
    travel meanwhile. `script`: that the auditor's own script runs. `program`: any other command line from start to
    end, e.g. cmd.exe with reg.exe in it; also one that PowerShell runs. `round_trip`: waited before every HTTP reply.
    """

    powershell_start: float = 0.0
    script: float = 0.0
    program: float = 0.0
    round_trip: float = 0.0


NO_COSTS = Costs()
