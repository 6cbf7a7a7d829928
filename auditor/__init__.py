"""Compliance and drift auditor for fleets of Windows servers.

policy -> plan -> collect -> evidence -> evaluate -> findings -> drift -> report
"""

__version__ = "0.1.0"
