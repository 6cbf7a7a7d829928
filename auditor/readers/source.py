"""The PowerShell texts shipped beside the Python that reads their answers."""

from importlib.resources import files


def powershell(kind: str) -> str:
    """Return the text of the `.ps1` of a kind of question; raises UnicodeDecodeError when it is not pure ASCII."""
    return files("auditor.readers").joinpath(f"{kind}.ps1").read_text("ascii")
