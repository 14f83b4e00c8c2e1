"""The history of the database's tables, one file a change. Run at every start by ``trivium.core.db``."""
