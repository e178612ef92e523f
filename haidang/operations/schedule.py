"""The schedule: which jobs there are, how often each is looked at, and whether all that it expects has come."""

from collections.abc import Mapping, Sequence

import pandas as pd

from features.errors import UnknownNameError
from features.settings import Settings
from haidang.operations import scheduled
from haidang.operations.job import Job, Tell
from haidang.operations.parts import Part


def jobs_named(names: Sequence[str], jobs: Sequence[Job]) -> list[Job]:
    """The jobs of these names, in the order of the schedule; all of them where none is named.

    Raises:
        UnknownNameError: if there is no such job.
    """
    known = [job.name for job in jobs]
    for name in names:
        if name not in known:
            raise UnknownNameError("job", name, known)
    return [job for job in jobs if not names or job.name in names]


def _silence(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """One part: what this schedule expects and is missing is told."""
    from haidang.operations.silence import tell_silences
    from serving.deployment import open_deployment

    def look() -> str:
        found = tell_silences(open_deployment(settings), JOBS, now)
        return "; ".join(f"{about}: {text}" for about, text in found.items()) or "nothing is missing"

    return {"expected": look}


def _hours(hours: float) -> pd.Timedelta:
    return pd.Timedelta(hours=hours)


# In the order in which they are done: what a job reads, the jobs before it have written.
JOBS = (
    Job("ingest", "Thu nhận số liệu", "Ingest", "10 * * * *", _hours(0.8), 2, scheduled.ingest),
    Job("issue", "Phát hành dự báo", "Issue forecasts", "*/15 * * * *", _hours(0.5), 3, scheduled.issue),
    Job("verify", "Đối chiếu dự báo", "Verify forecasts", "20 8 * * *", _hours(1), 3, scheduled.verify),
    Job("publish", "Công bố dữ liệu", "Publish datasets", "40 * * * *", _hours(0.8), 2, scheduled.publish),
    Job("drift", "Theo dõi sai lệch", "Watch for drift", "0 9 * * *", _hours(1), 2, scheduled.drift),
    Job("retrain", "Huấn luyện lại", "Retrain", "0 20 * * *", _hours(8), 1, scheduled.retrain),
    Job("silence", "Phát hiện im lặng", "Find silence", "5,35 * * * *", _hours(0.2), 2, _silence),
    Job("compact", "Gộp tệp nhỏ", "Join small files", "45 1 * * sun", _hours(0.5), 3, scheduled.compact),
    Job("backup", "Sao lưu", "Back up", "30 2 * * *", _hours(3), 2, scheduled.back_up),
)
