"""Kubernetes: a CronJob and a volume for each schedule and region, and a Dockerfile of their image."""

from __future__ import annotations

from posixpath import join, normpath
from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.export import machine, script, timing
from pytest_synthetic.scheduler.export.batches import File
from pytest_synthetic.scheduler.export.header import header, secrets

if TYPE_CHECKING:
    from pytest_synthetic.scheduler.export.batches import Batch, Project
    from pytest_synthetic.scheduler.export.timing import Timing

HOST = timing.Host(name="Kubernetes")
TOGETHER = False
SECRET = "synthetic-secrets"  # noqa: S105  the name of the object that keeps them
SETUP = 60
"""Seconds that a job may take beside pytest: to start, and to make the report."""

CANNOT = (
    "A Job may be started twice for one time, or not at all: Kubernetes says so itself.",
    "concurrencyPolicy Forbid leaves a time out while the run before goes on. It leaves no trace in the history.",
    (
        "startingDeadlineSeconds leaves out what could not start in time. Without it, a CronJob that missed more "
        "than 100 times starts no more."
    ),
    "Starting a pod takes seconds, and longer where the image is not there yet.",
    "A time that the clock change leaves out is not run that day.",
    "One cluster is one place: for a region without proxy, run it in a cluster there, with SYNTHETIC_HERE=REGION.",
)


def files(project: Project, batch: Batch) -> tuple[list[File], str | None]:
    """The CronJob of a batch, and how its schedule is not kept as marked. Raises CannotKeep."""
    kept = timing.timing(batch.schedule, HOST, batch.name)
    text = _header(project, batch, kept) + _volume(batch) + "---\n" + _cronjob(project, batch, kept)
    return [File(path=f"kubernetes/synthetic-{batch.name}.yaml", text=text)], kept.moved


def closing(project: Project, kept: list[Batch]) -> list[File]:
    """The Dockerfile of the image that all of them run."""
    if not kept:
        return []
    use = [
        f"docker build -f kubernetes/Dockerfile -t {project.image} . && docker push {project.image}",
        "Keep .git, .synthetic and files with secrets out of it: write them into .dockerignore.",
    ]
    install = script.install(project.install, browser=any(batch.browser for batch in kept))
    lines = (
        f"FROM python:{project.python}",
        "ENV PLAYWRIGHT_BROWSERS_PATH=/browsers HOME=/tmp",
        "WORKDIR /journeys",
        "COPY . .",
        f"WORKDIR {script.yaml(f'/journeys/{project.folder}')}" if project.folder != "." else "",
        "# Put here what installs your project.",
        f"RUN {' && '.join(install)} && mkdir -p .pytest_cache && chown 10001 .pytest_cache",
        "USER 10001",
    )
    head = header("kubernetes", project, use=use)
    return [File(path="kubernetes/Dockerfile", text=head + "\n".join(filter(None, lines)) + "\n")]


def _header(project: Project, batch: Batch, kept: Timing) -> str:
    made = " ".join(f"--from-literal={name}=..." for name in project.secrets)
    use = [
        f"Build the image (kubernetes/Dockerfile), then: kubectl apply -f kubernetes/synthetic-{batch.name}.yaml",
        *([f"kubectl create secret generic {SECRET} {made}"] if made else []),
        *secrets(project, f"the Secret {SECRET}"),
        f"Start it by hand: kubectl create job --from=cronjob/synthetic-{batch.name} synthetic-now",
        (
            "The volume keeps the history and the evidence, and the newest results in .synthetic/out. SQLite is "
            "not for network shares (NFS): take a class of block storage, or set [history] url to PostgreSQL."
        ),
        "Alerts on failed Jobs are your cluster's: kube_job_status_failed of kube-state-metrics.",
    ]
    return header("kubernetes", project, batch=batch, moved=kept.moved, cannot=CANNOT, use=use)


def _volume(batch: Batch) -> str:
    return f"""\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: synthetic-{batch.name}
  labels: {{app.kubernetes.io/name: synthetic, synthetic/schedule: {batch.name}}}
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 4Gi
"""


def _cronjob(project: Project, batch: Batch, kept: Timing) -> str:
    limit = timing.limit(kept.gap, project.time_limit, beside=script.GRACE + SETUP)
    deadline = max(10, min(300, int(kept.gap / 2))) if kept.gap != float("inf") else 300
    return f"""\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: synthetic-{batch.name}
  labels: {{app.kubernetes.io/name: synthetic, synthetic/schedule: {batch.name}}}
spec:
  schedule: {script.yaml(kept.crons[0])}
  timeZone: {script.yaml("Etc/UTC" if kept.zone == "UTC" else kept.zone)}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {deadline}
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 5
  jobTemplate:
    spec:
      backoffLimit: 0
      activeDeadlineSeconds: {limit + script.GRACE + SETUP}
      ttlSecondsAfterFinished: 86400
      template:
        metadata:
          labels: {{app.kubernetes.io/name: synthetic, synthetic/schedule: {batch.name}}}
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: {script.GRACE}
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            fsGroup: 10001
            seccompProfile: {{type: RuntimeDefault}}
{_container(project, batch, limit)}\
          volumes:
            - name: state
              persistentVolumeClaim: {{claimName: synthetic-{batch.name}}}
            - name: shm
              emptyDir: {{medium: Memory, sizeLimit: 512Mi}}
"""


def _container(project: Project, batch: Batch, limit: int) -> str:
    variables = "".join(
        f"                - name: {name}\n                  valueFrom:\n                    secretKeyRef: "
        f"{{name: {SECRET}, key: {name}{', optional: true' if name == 'HEARTBEAT_URL' else ''}}}\n"
        for name in dict.fromkeys((*project.secrets, "HEARTBEAT_URL"))
    )
    memory = "1Gi" if batch.browser else "256Mi"
    return f"""\
          containers:
            - name: journeys
              image: {script.yaml(project.image)}
              command: [/bin/sh, -c]
              args:
                - |
{script.indented(machine.lines(project, batch, limit), 18)}\
              env:
                - name: REGION
                  value: {script.yaml(batch.regions[0])}
{variables}\
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {{drop: [ALL]}}
              resources:
                requests: {{cpu: 250m, memory: {memory}}}
                limits: {{memory: {"2Gi" if batch.browser else "512Mi"}}}
              volumeMounts:
                - name: state
                  mountPath: {script.yaml(_state(project))}
                - name: shm
                  mountPath: /dev/shm
"""


def _state(project: Project) -> str:
    return normpath(join("/journeys", project.folder, project.state))
