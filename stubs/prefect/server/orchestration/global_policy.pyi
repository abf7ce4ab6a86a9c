from prefect.server.database.orm_models import FlowRun, TaskRun
from prefect.server.orchestration.policies import (
    BaseOrchestrationPolicy,
    _FlowRunEntries,
    _TaskRunEntries,
)
from prefect.server.schemas.core import FlowRunPolicy, TaskRunPolicy

class GlobalFlowPolicy(BaseOrchestrationPolicy[FlowRun, FlowRunPolicy]):
    @staticmethod
    def priority() -> _FlowRunEntries: ...

class GlobalTaskPolicy(BaseOrchestrationPolicy[TaskRun, TaskRunPolicy]):
    @staticmethod
    def priority() -> _TaskRunEntries: ...
