"""What a folder remembers of the demo in it, so that a load that was broken off goes on."""

import json
from datetime import datetime
from pathlib import Path


class Mark:
    """Which moment the story is told from, and whether all of it is loaded."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "demo.json"
        told = json.loads(self._path.read_text()) if self._path.exists() else {}
        self.began: datetime | None = datetime.fromisoformat(told["began"]) if told else None
        self.is_loaded: bool = told.get("loaded", False)

    def begin(self, now: datetime) -> None:
        """Before the first thing is written."""
        self._keep(now, loaded=False)

    def end(self) -> None:
        """After the last; LookupError where nothing began."""
        self._keep(self.moment, loaded=True)

    @property
    def moment(self) -> datetime:
        """From which the story is told; LookupError where nothing began."""
        if self.began is None:
            raise LookupError(f"no demo began in {self._path.parent}")
        return self.began

    def _keep(self, began: datetime, *, loaded: bool) -> None:
        self.began, self.is_loaded = began, loaded
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps({"began": began.isoformat(), "loaded": loaded}))
        beside.replace(self._path)
