"""The Windows releases a simulated server can be, with what each brings.

Sources: windows-facts sections 2, 6.3 (quotas of WinRM 2.0 and 3.0) and 7; Microsoft, "Operating System Version" and
the IIS version history.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.lab.state import OperatingSystem


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A release: its IIS, its newest PowerShell that Exchange bore, and its WinRM quotas."""

    os: OperatingSystem
    iis: str
    powershell: str = "2.0"
    clr: str = "2.0.50727.8009"
    max_envelope_kb: int = 150
    max_shells_per_user: int = 5


def _newer(version: str, year: str, iis: str, powershell: str) -> Release:
    return Release(
        os=OperatingSystem(version=version, caption=f"Microsoft Windows Server {year} Standard"),
        iis=iis,
        powershell=powershell,
        clr="4.0.30319.42000",
        max_envelope_kb=500,
        max_shells_per_user=30,
    )


RELEASES: Mapping[str, Release] = {
    "windows-2003": Release(
        os=OperatingSystem(
            version="5.2.3790",
            caption="Microsoft(R) Windows(R) Server 2003 Standard x64 Edition",
            service_pack=2,
        ),
        iis="6.0",
        clr="2.0.50727.3662",
    ),
    "windows-2008": Release(
        os=OperatingSystem(
            version="6.0.6002",
            caption="Microsoft\u00ae Windows Server\u00ae 2008 Standard",
            service_pack=2,
        ),
        iis="7.0",
        clr="2.0.50727.4253",
    ),
    "windows-2008r2": Release(
        os=OperatingSystem(
            version="6.1.7601",
            caption="Microsoft Windows Server 2008 R2 Standard",
            service_pack=1,
        ),
        iis="7.5",
    ),
    "windows-2012": _newer("6.2.9200", "2012", "8.0", "3.0"),
    "windows-2012r2": _newer("6.3.9600", "2012 R2", "8.5", "4.0"),
    "windows-2016": _newer("10.0.14393", "2016", "10.0", "5.1"),
    "windows-2019": _newer("10.0.17763", "2019", "10.0", "5.1"),
    "windows-2022": _newer("10.0.20348", "2022", "10.0", "5.1"),
}
"""The releases by the word a scenario uses."""
