"""Re-embedding a gallery to another pipeline: started, accepted with its losses, or given up by a person."""

from __future__ import annotations

from dataclasses import dataclass

from portal.common.errors import Conflict, InvalidInput
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import client, grants, reembedding
from recognition.actions import jobs
from recognition.actions.images import Photo, Received
from recognition.actions.orders import MOST_ITEMS, Order
from recognition.engine import scale
from recognition.models import Face, Gallery, GalleryKey, Job, JobKind, JobStatus
from recognition.states import ENDED

NONE, RUNNING, WAITING = "none", "running", "waiting"


@dataclass(frozen=True)
class Progress:
    """How far a gallery is on its way to another pipeline.

    Attributes:
        state: `none`; `running`; `waiting`, for somebody who goes on, accepts the losses or gives up.
        pipeline: What is searched.
        next_pipeline: Where it goes; empty where it goes nowhere.
        faces: All that are enrolled.
        renewed: How many have their next template.
        lacking: How many would be left out if it were switched now; 0 where it goes nowhere.
        not_in_this_version: How many are kept and not searched, as they were not found again before.
        job: The last one that re-embedded this gallery; its items name what failed, and why.
    """

    state: str
    pipeline: str
    next_pipeline: str
    faces: int
    renewed: int
    lacking: int
    not_in_this_version: int
    job: Job | None

    @property
    def searched(self) -> int:
        """How many faces are searched now."""
        return self.faces - self.not_in_this_version


def choices(gallery: Gallery) -> list[str]:
    """Return the pipelines that a gallery could go to: those that live workers run, but for its own."""
    return sorted(client.live_pipelines() - {gallery.pipeline})


def progress(gallery: Gallery) -> Progress:
    """Return how far a gallery is, in the scope in force."""
    faces, state = Face.objects.filter(gallery=gallery), NONE
    if gallery.next_pipeline:
        state = RUNNING if reembedding.open_jobs(gallery).exists() else WAITING
    ours = Job.objects.filter(gallery=gallery).exclude(reembeds_to="")
    return Progress(
        state=state,
        pipeline=gallery.pipeline,
        next_pipeline=gallery.next_pipeline,
        faces=faces.count(),
        renewed=faces.exclude(next_template=None).count(),
        lacking=reembedding.lacking(gallery).count() if gallery.next_pipeline else 0,
        not_in_this_version=faces.left_out().count(),
        job=ours.order_by("-created_at", "-pk").first(),
    )


def start(*, gallery: Gallery, pipeline: str, by: Actor) -> Job:
    """Submit the job that gives a gallery's faces templates of another pipeline, or goes on with the rest.

    It passes the gate as the last enrollment did: for the same end user, on the same facts. Until it has
    ended and nothing was lost, the gallery is searched as it is; nobody is enrolled meanwhile.

    Raises:
        InvalidInput: `pipeline`, no live worker runs it, it is the gallery's own or has no scale.
        Conflict: `reembed_running`, `rekey_running`; `nothing_to_reembed`, no face is left to look at.
        Refused: The rule that refuses it; `gallery_deleted`; what `jobs.submit` refuses.
    """
    require(by, Permission.REEMBED, organization=gallery.organization_id)
    _check(gallery, pipeline)
    with tenant_scope(gallery.organization_id) as owner:
        organization = Organization.objects.get(pk=owner)
        locked = _locked(gallery, by)
        began = not locked.next_pipeline
        _require_free(locked, pipeline)
        locked.next_pipeline = pipeline
        order, received = _order(locked), Received(_photos(locked))
        locked.save(update_fields=["next_pipeline"])
        reembedding.route_waiting(locked)
        faces = reembedding.lacking(locked).count()
        reembedding.record(locked, "gallery.reembed_started", by, pipeline=pipeline, faces=faces)
    try:
        return jobs.submit(organization=organization, order=order, received=received, by=by)
    except Exception:
        if began:
            _give_up(gallery, by)
        raise


def accept(*, gallery: Gallery, by: Actor) -> None:
    """Switch a gallery although some faces have no template: they are kept, and not searched any more.

    Raises:
        Conflict: `no_reembed`; `reembed_running`; `nothing_renewed`, no face has a new template.
    """
    require(by, Permission.REEMBED, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        locked = _locked(gallery, by)
        _require_waiting(locked)
        if not Face.objects.filter(gallery=locked).exclude(next_template=None).exists():
            raise Conflict("nothing_renewed", "No face has a new template, so there is nothing to switch to.")
        reembedding.switch(locked, by=by)


def cancel(*, gallery: Gallery, by: Actor) -> None:
    """Stay with the pipeline that is searched; the new templates are destroyed.

    Raises:
        Conflict: `no_reembed`, there is none, or it was switched meanwhile.
    """
    require(by, Permission.REEMBED, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        found = grants.visible_to(by).filter(pk=gallery.pk).exclude(next_pipeline="").first()
        if found is None:
            raise Conflict("no_reembed", "This gallery is not being re-embedded.")
        for job in reembedding.open_jobs(found):  # before the gallery is locked, as workers lock them
            jobs.end(job, by=by)
        reembedding.abandon(_locked(found, by), by=by)


def _check(gallery: Gallery, pipeline: str) -> None:
    if pipeline not in choices(gallery):
        sentence = "Choose a model that a running worker has loaded, other than the gallery's own."
        raise InvalidInput("pipeline", sentence, field="pipeline")
    try:
        scale.scale_of(pipeline)
    except InvalidInput as error:
        sentence = "This model was never calibrated, so no similarity could be said."
        raise InvalidInput("pipeline", sentence, field="pipeline") from error


def _locked(gallery: Gallery, by: Actor) -> Gallery:
    locked: Gallery = Gallery.objects.locked().get(pk=gallery.pk)
    grants.require_use(by, locked)
    return locked


def _require_free(gallery: Gallery, pipeline: str) -> None:
    other = gallery.next_pipeline not in ("", pipeline)
    if other or reembedding.open_jobs(gallery).exists():
        raise Conflict("reembed_running", "This gallery is being re-embedded already.")
    if GalleryKey.objects.filter(gallery=gallery).exclude(version=gallery.key_version).exists():
        raise Conflict("rekey_running", "This gallery is being re-keyed. Start when that has ended.")


def _require_waiting(gallery: Gallery) -> None:
    if not gallery.next_pipeline:
        raise Conflict("no_reembed", "This gallery is not being re-embedded.")
    if reembedding.open_jobs(gallery).exists():
        raise Conflict("reembed_running", "The job that re-embeds this gallery has not ended.")


def _photos(gallery: Gallery) -> list[Photo]:
    """Return the photos to look at, at most a job full."""
    faces = reembedding.lacking(gallery).filter(image__purged_at=None).select_related("image", "subject")
    rows = faces.defer("template", "next_template").order_by("image", "pk").distinct("image")[:MOST_ITEMS]
    photos = [Photo(face.image, face.subject.name) for face in rows]
    if not photos:
        raise Conflict("nothing_to_reembed", "There is no face in this gallery left to look at.")
    return photos


def _order(gallery: Gallery) -> Order:
    """Return an order for the end user and on the facts of the last enrollment that was let through."""
    ours = Job.objects.filter(gallery=gallery, kind=JobKind.ENROLL, reembeds_to="")
    let_through = ours.exclude(status__in=ENDED - {JobStatus.PURGED, JobStatus.FAILED})
    last = let_through.order_by("-created_at", "-pk").first()
    return Order(
        kind=JobKind.ENROLL,
        gallery=gallery,
        purpose=gallery.purpose,
        end_user_id=last.end_user_id if last else None,
        facts=last.facts if last else {},
        reembeds_to=gallery.next_pipeline,
    )


def _give_up(gallery: Gallery, by: Actor) -> None:
    with tenant_scope(gallery.organization_id):
        reembedding.abandon(Gallery.objects.locked().get(pk=gallery.pk), by=by)
