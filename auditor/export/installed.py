"""The packages of the extra `export`: imported only where something is signed, stamped or checked."""

from importlib import import_module

from auditor.errors import UsageError

_PACKAGES = {"securesystemslib.dsse": "securesystemslib[crypto]", "rfc3161_client": "rfc3161-client"}


def refuse_missing(*modules: str) -> None:
    """Raise `UsageError` when a module's package is not installed; better before the work than after."""
    for module in modules:
        try:
            import_module(module)
        except ImportError:
            raise UsageError(
                f"this needs the package {_PACKAGES[module]}, which is not installed: pip install 'auditor[export]'"
            ) from None
