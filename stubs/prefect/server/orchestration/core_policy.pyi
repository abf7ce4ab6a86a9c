from prefect.server.database.orm_models import FlowRun
from prefect.server.orchestration.policies import (
    FlowRunOrchestrationPolicy,
    TaskRunOrchestrationPolicy,
    _FlowRunEntries,
    _TaskRunEntries,
)
from prefect.server.orchestration.rules import BaseUniversalTransform
from prefect.server.schemas.core import FlowRunPolicy

class CoreFlowPolicy(FlowRunOrchestrationPolicy):
    @staticmethod
    def priority() -> _FlowRunEntries: ...

class CoreTaskPolicy(TaskRunOrchestrationPolicy):
    @staticmethod
    def priority() -> _TaskRunEntries: ...

class ClientSideTaskOrchestrationPolicy(TaskRunOrchestrationPolicy):
    @staticmethod
    def priority() -> _TaskRunEntries: ...

class BackgroundTaskPolicy(TaskRunOrchestrationPolicy):
    @staticmethod
    def priority() -> _TaskRunEntries: ...

class MinimalFlowPolicy(FlowRunOrchestrationPolicy):
    @staticmethod
    def priority() -> _FlowRunEntries: ...

class MarkLateRunsPolicy(FlowRunOrchestrationPolicy):
    @staticmethod
    def priority() -> _FlowRunEntries: ...

class MinimalTaskPolicy(TaskRunOrchestrationPolicy):
    @staticmethod
    def priority() -> _TaskRunEntries: ...

class PreserveDeploymentConcurrencyLeaseId(BaseUniversalTransform[FlowRun, FlowRunPolicy]): ...
