from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, TypeVar

from prefect.server.database.orm_models import FlowRun, Run, TaskRun
from prefect.server.schemas.core import FlowRunPolicy, TaskRunPolicy
from prefect.server.schemas.responses import StateResponseDetails
from prefect.server.schemas.states import State, StateType
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

_T = TypeVar("_T", bound=Run)
_RP = TypeVar("_RP", bound=FlowRunPolicy | TaskRunPolicy)

class OrchestrationContext(BaseModel, Generic[_T, _RP]):
    session: AsyncSession
    initial_state: State | None = None
    proposed_state: State | None = None
    validated_state: State | None = None
    response_details: StateResponseDetails = ...
    orchestration_error: Exception | None = None
    parameters: dict[Any, Any] = ...
    client_version: str | None = None
    run: _T
    @property
    def initial_state_type(self) -> StateType | None: ...
    @property
    def proposed_state_type(self) -> StateType | None: ...
    def entry_context(self) -> tuple[State | None, State | None, OrchestrationContext[_T, _RP]]: ...
    def exit_context(self) -> tuple[State | None, State | None, OrchestrationContext[_T, _RP]]: ...

class FlowOrchestrationContext(OrchestrationContext[FlowRun, FlowRunPolicy]):
    async def validate_proposed_state(self) -> None: ...

class TaskOrchestrationContext(OrchestrationContext[TaskRun, TaskRunPolicy]):
    async def validate_proposed_state(self) -> None: ...

class BaseOrchestrationRule(AbstractAsyncContextManager[OrchestrationContext[_T, _RP]]):
    FROM_STATES: set[StateType | None]
    TO_STATES: set[StateType | None]
    from_state_type: StateType | None
    to_state_type: StateType | None
    def __init__(
        self,
        context: OrchestrationContext[_T, _RP],
        from_state_type: StateType | None,
        to_state_type: StateType | None,
    ) -> None: ...
    async def __aenter__(self) -> OrchestrationContext[_T, _RP]: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None: ...
    async def before_transition(
        self,
        initial_state: State | None,
        proposed_state: State | None,
        context: OrchestrationContext[_T, _RP],
    ) -> None: ...
    async def after_transition(
        self,
        initial_state: State | None,
        validated_state: State | None,
        context: OrchestrationContext[_T, _RP],
    ) -> None: ...
    async def cleanup(
        self,
        initial_state: State | None,
        validated_state: State | None,
        context: OrchestrationContext[_T, _RP],
    ) -> None: ...

class BaseUniversalTransform(AbstractAsyncContextManager[OrchestrationContext[_T, _RP]]):
    def __init__(
        self,
        context: OrchestrationContext[_T, _RP],
        from_state_type: StateType | None,
        to_state_type: StateType | None,
    ) -> None: ...
    async def __aenter__(self) -> OrchestrationContext[_T, _RP]: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None: ...
    async def before_transition(self, context: OrchestrationContext[_T, _RP]) -> None: ...
    async def after_transition(self, context: OrchestrationContext[_T, _RP]) -> None: ...
