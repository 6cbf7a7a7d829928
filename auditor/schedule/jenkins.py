"""A declarative Jenkinsfile; the first line of a cron trigger may name its time zone (`TZ=`)."""

from auditor.schedule.scheduler import CI_DRIFT, CI_REPORTS, MOST_HOURS, File, Job, Scheduler, lines


def _files(job: Job) -> tuple[File, ...]:
    return (File(name="Jenkinsfile", text=lines(_head(job), _pipeline(job))),)


def _head(job: Job) -> list[str]:
    secrets = [f"// Credentials of the kind `secret text`, by id: {', '.join(job.secrets)}."] if job.secrets else []
    return [
        f"// Audit every night at {job.at:%H:%M} {job.zone}; written by auditor {job.version}.",
        "// Needs an agent with the label `auditor` that reaches the servers, and the plugin JUnit.",
        *secrets,
        *(f"// {line}" for line in CI_DRIFT),
    ]


def _pipeline(job: Job) -> list[str]:
    trigger = f"TZ={job.iana_zone}\\n{job.cron}"
    return [
        "pipeline {",
        "    agent { label 'auditor' }",
        f"    triggers {{ cron('{trigger}') }}",
        "    options {",
        "        disableConcurrentBuilds()",
        f"        timeout(time: {MOST_HOURS}, unit: 'HOURS')",
        "        buildDiscarder(logRotator(numToKeepStr: '90'))",
        "    }",
        *_environment(job),
        "    stages {",
        "        stage('Install') {",
        "            steps {",
        f"                sh 'rm -rf {CI_REPORTS}'",
        "                sh 'python3 -m venv .auditor'",
        f"                sh {_literal(f'.auditor/bin/pip install --quiet {job.requirement}')}",
        "            }",
        "        }",
        "        stage('Audit') {",
        "            steps {",
        f"                sh {_literal(f'.auditor/bin/{job.ci_command}')}",
        "            }",
        "        }",
        "    }",
        *_publishing(),
        "}",
    ]


def _environment(job: Job) -> list[str]:
    taken = [f"        {name} = credentials('{name}')" for name in job.secrets]
    return ["    environment {", *taken, "    }"] if taken else []


def _publishing() -> list[str]:
    return [
        "    post {",
        "        always {",
        f"            junit testResults: '{CI_REPORTS}/latest/junit.xml', allowEmptyResults: true",
        "        }",
        "    }",
    ]


def _literal(text: str) -> str:
    """Return a Groovy string in which nothing is expanded."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


SCHEDULER = Scheduler(name="jenkins", summary="a declarative Jenkinsfile", any_zone=True, files=_files)
