"""What the plugin counts."""

from microdns.metrics import MetricSet


class NotesMetrics(MetricSet):
    """The plugin's metrics."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = self.counter("microdns_notes_changes_total", "Changes of notes.").cell()
