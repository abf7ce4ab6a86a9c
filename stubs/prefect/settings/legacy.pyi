class Setting:
    def __init__(
        self, name: str, default: object, type_: object, accessor: str | None = None
    ) -> None: ...
