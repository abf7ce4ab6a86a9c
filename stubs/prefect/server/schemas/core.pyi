from enum import Enum
from typing import Literal

from pydantic import BaseModel

class FlowRunPolicy(BaseModel):
    retries: int | None = None
    retry_delay: int | None = None
    pause_keys: set[str] | None = ...
    resuming: bool | None = False
    retry_type: Literal["in_process", "reschedule"] | None = None

class TaskRunPolicy(BaseModel):
    retries: int | None = None
    retry_delay: int | float | list[int] | list[float] | None = None

class ConcurrencyLimitStrategy(str, Enum):  # noqa: UP042 (so it is)
    ENQUEUE = "ENQUEUE"
    CANCEL_NEW = "CANCEL_NEW"

class ConcurrencyOptions(BaseModel):
    collision_strategy: ConcurrencyLimitStrategy
