"""A Kubernetes CronJob (batch/v1) with a volume that keeps the reports; `timeZone` is stable since Kubernetes 1.27."""

import json
import shlex
from pathlib import PurePosixPath, PureWindowsPath

from auditor.schedule.scheduler import GRACE_SECONDS, MOST_HOURS, NAME, File, Job, Scheduler, comment, lines

_CONFIG, _OUT = "/etc/auditor", "/var/lib/auditor"
_USER = 65532  # nobody in particular; not root


def _files(job: Job) -> tuple[File, ...]:
    return (File(name=f"{NAME}.yaml", text=lines(comment(job, *_steps(job)), _claim(), "---", _cron_job(job))),)


def _steps(job: Job) -> tuple[str, ...]:
    files = " ".join(f"--from-file={shlex.quote(path)}" for path in (job.config, job.inventory) if path)
    given = " ".join(f"--from-file={name}" for name in job.secrets)
    secrets = (
        "and with a file per secret, named as the variable, without a line feed at its end:",
        f"  kubectl create secret generic {NAME} {given}",
    )
    return (
        f"The image {job.image} must hold {job.package} {job.version}, started as `auditor`.",
        "Once, with your policies and waivers added; all files must stand in one folder, as they do in the container:",
        f"  kubectl create configmap {NAME} {files}",
        *(secrets if job.secrets else ()),
        f"then: kubectl apply -f {NAME}.yaml",
    )


def _claim() -> list[str]:
    return [
        "apiVersion: v1",
        "kind: PersistentVolumeClaim",
        "metadata:",
        f"  name: {NAME}",
        "spec:",
        "  accessModes: [ReadWriteOnce]",
        "  resources:",
        "    requests: {storage: 5Gi}",
    ]


def _cron_job(job: Job) -> list[str]:
    return [
        "apiVersion: batch/v1",
        "kind: CronJob",
        "metadata:",
        f"  name: {NAME}",
        "spec:",
        f"  schedule: {json.dumps(job.cron)}",
        f"  timeZone: {json.dumps(job.iana_zone)}",
        "  concurrencyPolicy: Forbid",
        "  startingDeadlineSeconds: 3600",
        "  jobTemplate:",
        "    spec:",
        "      # what can pass is tried again by auditor itself",
        "      backoffLimit: 0",
        f"      activeDeadlineSeconds: {MOST_HOURS * 3600}",
        "      template:",
        "        spec:",
        *(f"          {line}" for line in _pod(job)),
    ]


def _pod(job: Job) -> list[str]:
    return [
        "restartPolicy: Never",
        f"terminationGracePeriodSeconds: {GRACE_SECONDS}",
        "automountServiceAccountToken: false",
        "enableServiceLinks: false",
        "securityContext:",
        "  runAsNonRoot: true",
        f"  runAsUser: {_USER}",
        f"  runAsGroup: {_USER}",
        f"  fsGroup: {_USER}",
        "  seccompProfile: {type: RuntimeDefault}",
        "containers:",
        "  - name: auditor",
        *(f"    {line}" for line in _container(job)),
        "volumes:",
        "  - name: config",
        f"    configMap: {{name: {NAME}}}",
        "  - name: reports",
        f"    persistentVolumeClaim: {{claimName: {NAME}}}",
        "  - name: temporary",
        "    emptyDir: {}",
    ]


def _container(job: Job) -> list[str]:
    words = ["auditor", "run", "--config", f"{_CONFIG}/{_base_name(job.config)}", "--out", f"{_OUT}/reports"]
    return [
        f"image: {json.dumps(job.image)}",
        f"command: {json.dumps(words)}",
        f"workingDir: {_OUT}",
        *_environment(job),
        "securityContext:",
        "  allowPrivilegeEscalation: false",
        "  readOnlyRootFilesystem: true",
        "  capabilities: {drop: [ALL]}",
        "resources:",
        "  requests: {cpu: 500m, memory: 256Mi}",
        "  limits: {memory: 2Gi}",
        "volumeMounts:",
        f"  - {{name: config, mountPath: {_CONFIG}, readOnly: true}}",
        f"  - {{name: reports, mountPath: {_OUT}}}",
        "  - {name: temporary, mountPath: /tmp}",
    ]


def _environment(job: Job) -> list[str]:
    taken = [
        f"  - {{name: {name}, valueFrom: {{secretKeyRef: {{name: {NAME}, key: {name}}}}}}}" for name in job.secrets
    ]
    return ["env:", *taken] if taken else []


def _base_name(path: str) -> str:
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name


SCHEDULER = Scheduler(name="kubernetes", summary="a CronJob and a volume for its reports", any_zone=True, files=_files)
