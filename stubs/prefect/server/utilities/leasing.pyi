from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

_T = TypeVar("_T")

@dataclass
class ResourceLease(Generic[_T]):
    resource_ids: list[UUID]
    expiration: datetime
    created_at: datetime = ...
    id: UUID = ...
    metadata: _T | None = None
