from typing import Any
from uuid import UUID

from prefect.server.orchestration.policies import TaskRunOrchestrationPolicy
from prefect.server.schemas.responses import OrchestrationResult
from prefect.server.schemas.states import State
from sqlalchemy.ext.asyncio import AsyncSession

async def set_task_run_state(
    session: AsyncSession,
    task_run_id: UUID,
    state: State,
    force: bool = False,
    task_policy: type[TaskRunOrchestrationPolicy] | None = None,
    orchestration_parameters: dict[str, Any] | None = None,
) -> OrchestrationResult: ...
