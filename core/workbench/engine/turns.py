"""Whose turn it is: the sessions that want results share the time of a lane equally."""

from collections.abc import Collection


class Turns:
    """Shares time between sessions by start-time fair queueing (Goyal, Vin and Cheng 1997).

    Every session has a virtual time, which grows by the seconds that are spent on it. The session
    with the lowest virtual time is next. A session that had nothing to do continues at the present
    virtual time: it is next, but it does not make up for the time in which it wanted nothing.

    Not thread-safe: callers hold a lock.
    """

    def __init__(self) -> None:
        self._now = 0.0
        # Virtual times above the present one. Those of all other sessions are equal to it.
        self._ahead: dict[str, float] = {}

    def virtual_time(self, sessions: Collection[str]) -> float:
        """Return the lowest virtual time of these sessions; of none, a time before all others."""
        return min((self._time_of(session) for session in sessions), default=float("-inf"))

    def start(self, sessions: Collection[str]) -> str:
        """Start a turn, and return the session that it counts for: the one that is most behind.

        Args:
            sessions: The sessions that want the result. An empty text is returned for none.
        """
        if not sessions:
            return ""
        session = min(sorted(sessions), key=self._time_of)
        self._now = max(self._now, self._time_of(session))
        return session

    def end(self, session: str, seconds: float) -> None:
        """End a turn of a session that took this long; a turn for nobody is not counted."""
        if not session:
            return
        self._ahead[session] = self._time_of(session) + seconds
        self._ahead = {name: time for name, time in self._ahead.items() if time > self._now}

    def _time_of(self, session: str) -> float:
        return max(self._ahead.get(session, 0.0), self._now)
