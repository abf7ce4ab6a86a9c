from prefect.server.models import task_runs as task_runs
