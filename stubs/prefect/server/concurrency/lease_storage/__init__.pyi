from datetime import timedelta
from typing import Protocol
from uuid import UUID

from prefect.server.utilities.leasing import ResourceLease
from pydantic import BaseModel

class ConcurrencyLimitLeaseMetadata(BaseModel):
    slots: int

class ConcurrencyLeaseStorage(Protocol):
    async def create_lease(
        self,
        resource_ids: list[UUID],
        ttl: timedelta,
        metadata: ConcurrencyLimitLeaseMetadata | None = None,
    ) -> ResourceLease[ConcurrencyLimitLeaseMetadata]: ...
    async def read_active_lease_ids(self, limit: int = 100, offset: int = 0) -> list[UUID]: ...
    async def revoke_lease(self, lease_id: UUID) -> None: ...

def get_concurrency_lease_storage() -> ConcurrencyLeaseStorage: ...
