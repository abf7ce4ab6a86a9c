from typing import TypeAlias

from prefect.server.schemas.states import State
from pydantic import BaseModel

class StateAcceptDetails(BaseModel): ...

class StateRejectDetails(BaseModel):
    reason: str | None = None

class StateAbortDetails(BaseModel):
    reason: str | None = None

class StateWaitDetails(BaseModel):
    delay_seconds: int
    reason: str | None = None

StateResponseDetails: TypeAlias = (
    StateAcceptDetails | StateWaitDetails | StateRejectDetails | StateAbortDetails
)

class OrchestrationResult(BaseModel):
    state: State | None
    details: StateResponseDetails
