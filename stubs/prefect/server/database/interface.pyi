from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncSession

class DBSingleton(type):
    def __call__(
        cls, *args: object, database_config: object, query_components: object, orm: object
    ) -> PrefectDBInterface: ...

class PrefectDBInterface(metaclass=DBSingleton):
    def __init__(self, database_config: object, query_components: object, orm: object) -> None: ...
    async def create_db(self) -> None: ...
    def session_context(
        self, begin_transaction: bool = False, with_for_update: bool = False
    ) -> AbstractAsyncContextManager[AsyncSession]: ...
