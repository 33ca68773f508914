"""A toy plugin that keeps notes."""

NOTES = """
class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    text: str = ""

class Taken(Event, frozen=True, kw_only=True, tag="NAME.taken"):
    note: Note

class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool = False
    slow_stop: bool = False
    blocking_stop: bool = False

NOTES = Collection("NAME.notes", Note, key=lambda note: note.name.encode())

class Toy(Plugin):
    name = "NAME"
    summary = "Keeps notes."
    section = Section("NAME", Config)

    @hookimpl
    def microdns_collections(self):
        return [NOTES]

    @hookimpl
    def microdns_events(self):
        return [Taken]

    @hookimpl
    def microdns_operations(self):
        return [
            Operation(name="note.take", summary="Take a note.", input=Note, output=Note,
                      handler=self._take, scope="notes:write", offline=True),
            Operation(name="note.list", summary="List notes.", input=Nothing, output=list[Note],
                      handler=self._list, scope="notes:read", offline=True),
            Operation(name="note.break", summary="Fail.", input=Nothing, output=Nothing,
                      handler=self._break, scope="notes:read"),
        ]

    @hookimpl
    async def microdns_setup(self, context):
        self._context = context

    @hookimpl
    async def microdns_stop(self):
        if self._context.config.slow_stop:
            await anyio.sleep_forever()
        if self._context.config.blocking_stop:
            time.sleep(60)

    async def _take(self, call, note):
        async with self._context.store.transaction(call.principal, dry_run=call.dry_run) as tx:
            tx.insert(NOTES, note)
            tx.emit(Taken(note=note))
        return note

    async def _list(self, call, _input):
        return list(self._context.store.scan(NOTES))

    async def _break(self, call, _input):
        raise ZeroDivisionError("secret")
"""
