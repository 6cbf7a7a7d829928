"""What a WS-Management service refuses, as SOAP faults with the numbers real servers give.

Codes: `winerror.h` and `wsmerror.h` of the Windows SDK. Subcodes and details: DSP0226 (WS-Management) section 14
and WS-Addressing 2004/08 section 4. The wording is ours: only codes and subcodes are meant to be relied on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One fault.

    `code` stands in `WSManFault`; `role` and `subcode` are SOAP 1.2 codes with the prefixes of `replies`;
    `detail` is the last part of the DMTF faultDetail URI, or empty; `plugin` says that the shell itself refused,
    not the service in front of it; `not_understood` is the header element that was refused.
    """

    code: int
    role: str = "s:Sender"
    subcode: str
    reason: str
    detail: str = ""
    plugin: bool = False
    not_understood: str = ""


class FaultError(Exception):
    """The request is answered by this fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.reason)


def _invalid_selectors(reason: str) -> FaultError:
    return FaultError(Fault(code=2150858843, subcode="w:InvalidSelectors", detail="UnexpectedSelectors", reason=reason))


def no_such_shell(shell_id: str) -> FaultError:
    """Return the fault for a ShellId that was never given out, was deleted or has expired."""
    return _invalid_selectors(f"There is no shell {shell_id} on this server: the id is wrong or the shell is gone.")


def no_such_command(command_id: str) -> FaultError:
    """Return the fault for a CommandId that is unknown or whose output has all been delivered."""
    return _invalid_selectors(f"There is no command {command_id} in this shell: the id is wrong or it has finished.")


def access_denied() -> FaultError:
    """Return what an account that is no administrator gets."""
    return FaultError(Fault(code=5, subcode="w:AccessDenied", reason="Access is denied."))


def timed_out() -> FaultError:
    """Return what a Receive gets when there was nothing to deliver within OperationTimeout: ask again."""
    reason = "There was nothing to deliver within the OperationTimeout."
    return FaultError(Fault(code=2150858793, role="s:Receiver", subcode="w:TimedOut", reason=reason))


def aborted() -> FaultError:
    """Return what a waiting Receive gets when its command or shell is ended meanwhile (ERROR_OPERATION_ABORTED)."""
    reason = "The operation was aborted because the command or its shell was ended."
    return FaultError(Fault(code=995, role="s:Receiver", subcode="w:InternalError", reason=reason, plugin=True))


def input_closed() -> FaultError:
    """Return what a Send gets when the command no longer reads its standard input (ERROR_NO_DATA)."""
    reason = "The pipe to the command's standard input is closed."
    return FaultError(Fault(code=232, role="s:Receiver", subcode="w:InternalError", reason=reason, plugin=True))


def file_not_found() -> FaultError:
    """Return what WINRS_SKIP_CMD_SHELL gets without the program's full path."""
    reason = "The system cannot find the file specified."
    return FaultError(Fault(code=2147942402, role="s:Receiver", subcode="w:InternalError", reason=reason, plugin=True))


def invalid_parameter(reason: str) -> FaultError:
    """Return the shell's refusal of an element it cannot use, e.g. a stream without CommandId."""
    fault = Fault(code=87, subcode="w:InvalidParameter", detail="InvalidValue", reason=reason, plugin=True)
    return FaultError(fault)


def too_many_shells(allowed: int) -> FaultError:
    """Return the fault of MaxShellsPerUser."""
    reason = f"This user may have {allowed} shells at the same time and has them: close one or raise MaxShellsPerUser."
    return FaultError(Fault(code=2150859173, subcode="w:QuotaLimit", reason=reason))


def too_many_operations(allowed: int) -> FaultError:
    """Return the fault of MaxConcurrentOperationsPerUser."""
    reason = f"This user may have {allowed} operations at the same time and has them: close a shell or raise the quota."
    return FaultError(Fault(code=2150859174, subcode="w:QuotaLimit", reason=reason))


def envelope_too_large(allowed: int) -> FaultError:
    """Return the fault for a message above MaxEnvelopeSize (bytes)."""
    reason = f"The envelope is larger than the {allowed} bytes that MaxEnvelopeSizekb allows."
    return FaultError(Fault(code=2150858825, subcode="w:EncodingLimit", detail="ServiceEnvelopeLimit", reason=reason))


def no_such_resource(uri: str) -> FaultError:
    """Return the fault for a ResourceURI this service does not have."""
    reason = f"There is no resource {uri!r} on this server."
    return FaultError(
        Fault(code=2150858752, subcode="a:DestinationUnreachable", detail="InvalidResourceURI", reason=reason)
    )


def no_such_action(action: str) -> FaultError:
    """Return the fault for an Action that the resource does not have."""
    reason = f"The action {action!r} is not supported by the resource."
    return FaultError(Fault(code=2150858771, subcode="a:ActionNotSupported", reason=reason))


def header_missing(name: str) -> FaultError:
    """Return the fault for an envelope without one of the headers that every request needs."""
    reason = f"The request has no {name} header."
    return FaultError(Fault(code=2150858769, subcode="a:MessageInformationHeaderRequired", reason=reason))


def not_understood(header: str) -> FaultError:
    """Return the fault for an unknown header that the client marked as mustUnderstand; `header` is `{uri}name`."""
    reason = f"The header {header} is marked mustUnderstand and is not understood."
    return FaultError(Fault(code=2150858768, role="s:MustUnderstand", subcode="", reason=reason, not_understood=header))


def locale_not_supported() -> FaultError:
    """Return the fault for a Locale header marked as mustUnderstand."""
    reason = "The Locale header must not be marked mustUnderstand."
    return FaultError(Fault(code=2150858887, subcode="w:UnsupportedFeature", detail="Locale", reason=reason))


def not_valid(reason: str) -> FaultError:
    """Return the fault for an envelope that is XML but not what the schema demands."""
    return FaultError(Fault(code=2150858817, subcode="w:SchemaValidationError", reason=reason))
