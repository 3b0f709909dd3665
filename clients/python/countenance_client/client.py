"""The client: galleries, photos, jobs, and calls that are answered at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from countenance_client import forms
from countenance_client.forms import Photo
from countenance_client.jobs import Job
from countenance_client.transport import Transport

_API = "/api/v1/"


class Client:
    """Calls one portal with one key. Threads may share it."""

    def __init__(
        self, url: str, key: str, *, timeout: float = 60.0, tries: int = 5, longest_wait: float = 60.0
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            url: Of the portal, `https://portal.example`.
            key: A bearer key, `ck_…`.
            timeout: Seconds to wait for an answer.
            tries: How often a call is sent that was lost, throttled, or met no engine.
            longest_wait: Seconds to wait between two of them; where more is asked, the error is raised.
        """
        self.transport = Transport(url, key, timeout=timeout, tries=tries, longest_wait=longest_wait)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close this thread's connection."""
        self.transport.close()

    @staticmethod
    def path(path: str) -> str:
        """Return an address of the API on its server."""
        return _API + quote(path.lstrip("/"))

    def request(self, method: str, path: str, value: Any = None, **query: Any) -> Any:
        """Make any call of the API and return its JSON.

        Args:
            method: `GET`, `POST`, …
            path: Below `/api/v1/`, with its slash at the end.
            value: Sent as JSON.
            **query: Of the address.
        """
        body = None if value is None else forms.json_body(value)
        return self.transport.call(method, self.path(path), query=query, body=body)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield everything that an address lists, page after page."""
        cursor: dict[str, Any] = {}
        while True:
            page = self.request("GET", path, **query, **cursor)
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    def standing(self) -> dict[str, Any]:
        """Return what the organization may do right now, and why."""
        found: dict[str, Any] = self.request("GET", "standing/")
        return found

    def create_gallery(self, name: str, **facts: Any) -> dict[str, Any]:
        """Make a gallery: purpose, legal_basis, owner, retention_days, image_source, jurisdictions."""
        made: dict[str, Any] = self.request("POST", "galleries/", {"name": name, **facts})
        return made

    def galleries(self) -> Iterator[dict[str, Any]]:
        """Yield the galleries of the key's purpose."""
        return self.pages("galleries/")

    def upload(self, photo: Photo, *, detect: bool = False, **facts: Any) -> dict[str, Any]:
        """Store a photo, to be named in jobs.

        Args:
            photo: A file, or its bytes.
            detect: Also find its faces. There are `faces` in the answer only where it was looked at; where a
                rule forbids it the photo is stored, and `detection` says why in `problem`. Faces are shown
                once: where the first answer was lost there are neither, and `detect/` takes the id.
            **facts: Of the look at it, as for `detect`.
        """
        values = {"detect": "true", **facts} if detect else facts
        body = forms.form_body(values, [forms.part("file", photo)])
        stored: dict[str, Any] = self.transport.call("POST", self.path("images/"), body=body)
        return stored

    def enroll(self, gallery: str, photo: Photo, **whom: Any) -> dict[str, Any]:
        """Enroll the faces of one photo at once; many photos go as a job.

        Args:
            gallery: Which.
            photo: A file, or its bytes; kept where a face of it is enrolled.
            **whom: `name` or `subject` of whom it shows: they get the largest face. Without, each face stands
                for itself. Also quality, max_faces, external_image_id, and the facts of the call.

        Returns:
            `enrolled` has the faces that are in the gallery now, `new` how many were not before; `left_out`
            and `photo` say why each other face is not.

        Raises:
            Refused: By a rule.
        """
        body = forms.form_body(whom, [forms.part("file", photo)])
        path = self.path(f"galleries/{gallery}/faces/")
        made: dict[str, Any] = self.transport.call("POST", path, body=body)
        return made

    def submit(self, kind: str, *, files: Iterable[forms.Part] = (), **order: Any) -> Job:
        """Submit a job.

        Args:
            kind: `enroll`, `search`, `compare` or `detect`.
            files: Photos to send along; they are read while they are sent.
            **order: gallery, images, pairs, threshold, and the facts of the job. What key or gallery carry
                may be left out.

        Raises:
            Refused: By a rule; `job` is kept as refused.
        """
        values = {"kind": kind, **{name: value for name, value in order.items() if value is not None}}
        parts = list(files)
        body = forms.form_body(values, parts) if parts else forms.json_body(values)
        return Job(self.transport.call("POST", self.path("jobs/"), body=body), self)

    def submit_folder(self, kind: str, folder: str | Path, **order: Any) -> Job:
        """Submit a job on all photos of a folder; with `subject_from="folder"`, a folder a person."""
        return self.submit(kind, files=forms.folder_parts("files", Path(folder)), **order)

    def submit_archive(self, kind: str, archive: str | Path, **order: Any) -> Job:
        """Submit a job on the photos of a zip archive, for more than a form takes."""
        return self.submit(kind, files=[forms.part("archive", Path(archive))], **order)

    def job(self, job: str) -> Job:
        """Return a job."""
        return Job(self.request("GET", f"jobs/{job}/"), self)

    def jobs(self, status: str = "") -> Iterator[Job]:
        """Yield jobs, the newest first; in one state where it is given."""
        query = {"status": status} if status else {}
        return (self.job(brief["id"]) for brief in self.pages("jobs/", **query))

    def detect(self, photo: Photo, **facts: Any) -> dict[str, Any]:
        """Find the faces of a photo; it is not kept."""
        return self._call("detect/", {"file": photo}, facts)

    def compare(self, source: Photo, target: Photo, **facts: Any) -> dict[str, Any]:
        """Compare the largest face of one photo with the faces of another; neither is kept.

        `compared` is empty where a photo has no usable face, and `left_out` says why: that is not a "no".
        """
        return self._call("compare/", {"source": source, "target": target}, facts)

    def search(self, gallery: str, photo: Photo, **facts: Any) -> dict[str, Any]:
        """Search a gallery for the faces of a photo; the photo is not kept.

        `left_out` counts the faces that were not searched for. Candidates are unreviewed.

        Raises:
            Refused: By a rule. `review_required`: people have to judge first, and `job` has the photo.
        """
        return self._call(f"galleries/{gallery}/search/", {"file": photo}, facts)

    def hand_in(self, test: str, pair: str, first: Photo, second: Photo) -> dict[str, Any]:
        """Hand in a pair of a test of accuracy, with a key for such tests; what it scores is not told."""
        body = forms.form_body({}, [forms.part("first", first), forms.part("second", second)])
        path = self.path(f"accuracy/{test}/pairs/{pair}/")
        done: dict[str, Any] = self.transport.call("POST", path, body=body)
        return done

    def _call(self, path: str, photos: Mapping[str, Photo], facts: Mapping[str, Any]) -> dict[str, Any]:
        parts = [forms.part(name, photo) for name, photo in photos.items()]
        body = forms.form_body(facts, parts)
        found: dict[str, Any] = self.transport.call("POST", self.path(path), body=body, once=False)
        return found
