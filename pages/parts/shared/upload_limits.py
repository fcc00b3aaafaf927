"""Limits on the uploaded files that Streamlit keeps in memory until a page has read them.

Streamlit accepts any number of files for a session, also such that no widget asked for, and keeps
them until the session ends. It has no setting for their number or size together.
"""

from collections.abc import Iterable

import streamlit as st
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.host_memory import memory_limits
from core.owned_cache import Room
from core.sets import archive
from pages.parts.shared.picture_sources import MAX_UPLOAD_MB

# Room for what a session uploads at once: a picture set, and a picture.
SESSION_ROOM = Room(archive.MAX_UPLOAD + MAX_UPLOAD_MB * 1_000_000, 2000)
TOO_LARGE = 413  # HTTP status


@st.cache_resource(show_spinner=False)
def limit_uploads() -> None:
    """Make the server refuse uploads beyond the limits; called in every run, effective once."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        limit_files(context.uploaded_file_mgr, Room(memory_limits().uploads))


def limit_files(
    files: MemoryUploadedFileManager, room: Room, session_room: Room = SESSION_ROOM
) -> None:
    """Make a file manager of Streamlit refuse files beyond the limits, with HTTP status 413.

    A file for which the sessions together have no room is refused if its own session uses most;
    otherwise the session that uses most loses its oldest files.

    Args:
        files: The file manager; from now on every file is checked that it is to add.
        room: Room for the files of all sessions.
        session_room: Room for the files of a session.
    """
    add_file = files.add_file

    def add_within_limits(session_id: str, file: UploadedFileRec) -> None:
        files.remove_file(session_id, file.file_id)  # the new file replaces one of the same id
        new, own = [len(file.data)], _files(files, session_id)
        if session_room.used_share(_sizes(own) + new) > 1:
            raise HTTPException(TOO_LARGE, "This session has too many uploads at once.")
        while room.used_share(_sizes(_all_files(files)) + new) > 1:
            largest = max(list(files.file_storage), key=lambda name: sum(_sizes_of(files, name)))
            if sum(_sizes_of(files, largest)) <= sum(_sizes(own) + new):
                raise HTTPException(TOO_LARGE, "The server has too many uploads at once.")
            files.remove_file(largest, _files(files, largest)[0].file_id)
        add_file(session_id, file)

    # There is no public hook: the route for uploads calls this method of this object.
    files.add_file = add_within_limits  # type: ignore[method-assign]


def _files(files: MemoryUploadedFileManager, session_id: str) -> list[UploadedFileRec]:
    """Return the files of a session, oldest first."""
    return list(files.file_storage.get(session_id, {}).values())


def _all_files(files: MemoryUploadedFileManager) -> list[UploadedFileRec]:
    return [file for session_id in list(files.file_storage) for file in _files(files, session_id)]


def _sizes(files: Iterable[UploadedFileRec]) -> list[int]:
    return [len(file.data) for file in files]


def _sizes_of(files: MemoryUploadedFileManager, session_id: str) -> list[int]:
    return _sizes(_files(files, session_id))
