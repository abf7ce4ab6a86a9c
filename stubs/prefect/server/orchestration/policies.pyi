from abc import ABC, ABCMeta, abstractmethod
from typing import Generic, TypeAlias, TypeVar

from prefect.server.database.orm_models import FlowRun, Run, TaskRun
from prefect.server.orchestration.rules import BaseOrchestrationRule, BaseUniversalTransform
from prefect.server.schemas.core import FlowRunPolicy, TaskRunPolicy
from prefect.server.schemas.states import StateType

_T = TypeVar("_T", bound=Run)
_RP = TypeVar("_RP", bound=FlowRunPolicy | TaskRunPolicy)

_Entries: TypeAlias = list[type[BaseUniversalTransform[_T, _RP] | BaseOrchestrationRule[_T, _RP]]]
_FlowRunEntries: TypeAlias = _Entries[FlowRun, FlowRunPolicy]  # noqa: PYI047 (of the others)
_TaskRunEntries: TypeAlias = _Entries[TaskRun, TaskRunPolicy]  # noqa: PYI047

class BaseOrchestrationPolicy(ABC, Generic[_T, _RP]):
    @staticmethod
    @abstractmethod
    def priority() -> _Entries[_T, _RP]: ...
    @classmethod
    def compile_transition_rules(
        cls, from_state: StateType | None = None, to_state: StateType | None = None
    ) -> _Entries[_T, _RP]: ...

class TaskRunOrchestrationPolicy(
    BaseOrchestrationPolicy[TaskRun, TaskRunPolicy], metaclass=ABCMeta
): ...
class FlowRunOrchestrationPolicy(
    BaseOrchestrationPolicy[FlowRun, FlowRunPolicy], metaclass=ABCMeta
): ...
