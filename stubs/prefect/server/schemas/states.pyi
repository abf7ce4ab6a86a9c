from datetime import datetime
from enum import Enum
from uuid import UUID

from pydantic import BaseModel

class StateType(str, Enum):  # noqa: UP042 (so it is)
    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    CRASHED = "CRASHED"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"

class StateDetails(BaseModel):
    scheduled_time: datetime | None = None
    cache_key: str | None = None
    pause_timeout: datetime | None = None
    pause_reschedule: bool = False
    pause_key: str | None = None
    run_input_keyset: dict[str, str] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: UUID | None = None
    deployment_concurrency_lease_id: UUID | None = None

class State(BaseModel):
    type: StateType
    name: str | None = None
    message: str | None = None
    data: object = None
    state_details: StateDetails = ...
