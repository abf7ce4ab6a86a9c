from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager

from prefect.settings.legacy import Setting

PREFECT_API_DATABASE_CONNECTION_URL: Setting

def temporary_settings(
    updates: Mapping[Setting, object] | None = None,
    set_defaults: Mapping[Setting, object] | None = None,
    restore_defaults: Iterable[Setting] | None = None,
) -> AbstractContextManager[object]: ...
