"""Everything biometric (tenant rows) and the shard ledger (platform rows: ids, states, leases)."""

from recognition.models.accuracy import AccuracyPair, AccuracyStatus, AccuracyTest
from recognition.models.calls import Call
from recognition.models.exports import ExportedImage, ExportedLead, ExportRecord, Notice, Party
from recognition.models.galleries import Face, Gallery, GalleryKey, RekeyReason
from recognition.models.grants import GalleryUserObjectPermission
from recognition.models.images import Image
from recognition.models.items import Item, ItemStatus
from recognition.models.jobs import Job, JobKind, JobStatus
from recognition.models.leads import LeadOutcome, LeadWithdrawal, OutcomeStatus
from recognition.models.ledger import Heartbeat, Priority, Shard, ShardState, Turn
from recognition.models.records import CaseRecord, CaseRecordPhoto, RecordStatus
from recognition.models.results import (
    Adjudication,
    Candidate,
    CandidateStatus,
    Compared,
    FoundFace,
    Reopening,
    Verdict,
)
from recognition.models.stores import PhotoStore
from recognition.models.subjects import FaceMove, Subject, SubjectMerge
from recognition.models.tokens import RequestToken
from recognition.models.usage import Quota, Usage
from recognition.models.verifications import Judged, Verification
from recognition.models.walks import FileWalk

__all__ = [
    "AccuracyPair",
    "AccuracyStatus",
    "AccuracyTest",
    "Adjudication",
    "Call",
    "Candidate",
    "CandidateStatus",
    "CaseRecord",
    "CaseRecordPhoto",
    "Compared",
    "ExportRecord",
    "ExportedImage",
    "ExportedLead",
    "Face",
    "FaceMove",
    "FileWalk",
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
    "Judged",
    "LeadOutcome",
    "LeadWithdrawal",
    "Notice",
    "OutcomeStatus",
    "Party",
    "PhotoStore",
    "Priority",
    "Quota",
    "RecordStatus",
    "RekeyReason",
    "Reopening",
    "RequestToken",
    "Shard",
    "ShardState",
    "Subject",
    "SubjectMerge",
    "Turn",
    "Usage",
    "Verdict",
    "Verification",
]
