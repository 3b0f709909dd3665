"""Everything biometric (tenant rows) and the shard ledger (platform rows: ids, states, leases)."""

from recognition.models.galleries import Face, Gallery, GalleryKey, Subject
from recognition.models.grants import GalleryUserObjectPermission
from recognition.models.images import Image
from recognition.models.jobs import Item, ItemStatus, Job, JobKind, JobStatus
from recognition.models.ledger import Heartbeat, Shard, ShardState, Turn
from recognition.models.results import Adjudication, Candidate, CandidateStatus, ExportRecord, FoundFace

__all__ = [
    "Adjudication",
    "Candidate",
    "CandidateStatus",
    "ExportRecord",
    "Face",
    "FoundFace",
    "Gallery",
    "GalleryKey",
    "GalleryUserObjectPermission",
    "Heartbeat",
    "Image",
    "Item",
    "ItemStatus",
    "Job",
    "JobKind",
    "JobStatus",
    "Shard",
    "ShardState",
    "Subject",
    "Turn",
]
