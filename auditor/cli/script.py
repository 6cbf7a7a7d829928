"""`auditor script`: the exact PowerShell that would be sent, so that it can be reviewed before anything is run."""

import argparse
import sys

from auditor.bind import bind_inputs, refuse_unknown_inputs
from auditor.cli.arguments import REPEATABLE, add_policies, chosen_policies, given_inputs
from auditor.cli.ordering import problems_of
from auditor.errors import ExitCode, UsageError
from auditor.model.question import Question
from auditor.model.reader import Side
from auditor.plan import questions_of
from auditor.probes import PROBES
from auditor.readers import READERS
from auditor.script.build import ARGUMENTS, BOOTSTRAP, COMMAND, script_for


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = REPEATABLE
    add_policies(parser)
    parser.add_argument("--bootstrap", action="store_true", help="print the command line and the bootstrap it encodes")


def execute(options: argparse.Namespace) -> ExitCode:
    """Print the script, or the bootstrap."""
    if options.bootstrap:
        print(f"# {COMMAND} {' '.join(ARGUMENTS)}\n{BOOTSTRAP}", end="")
        return ExitCode.COMPLIANT
    policies = chosen_policies(options)
    given = given_inputs(options)
    refuse_unknown_inputs(policies, given, "--input")
    if problems := problems_of(policies, given):
        raise UsageError("\n".join(problems))
    questions: set[Question] = set()
    for policy in policies:
        questions |= questions_of(policy, bind_inputs(policy, given), PROBES)
    asked = sorted(question for question in questions if READERS[question.kind].side is Side.SERVER)
    sys.stdout.write(script_for(asked))
    return ExitCode.COMPLIANT
