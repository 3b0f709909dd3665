"""The photos of a shard as the engine reads them: opened one at a time, those handed out once left closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from portal.common.envelope import DataKey
from portal.common.errors import InvalidInput
from recognition import ends, pairs, reimports, storage
from recognition.models import Image, Item


def of(items: Sequence[Item], key: DataKey) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield the photos of items, both of a pair, each under the key that the engine's result carries."""
    photos = [image for item in items for image in item.photos]
    if not photos:
        return
    foreign = reimports.among(photos, organization_id=photos[0].organization_id)
    for item in items:
        for side, image in enumerate(item.photos):
            yield pairs.key_of(item, side), _reader(image, key, is_foreign=image.pk in foreign)


def _reader(image: Image, key: DataKey, *, is_foreign: bool) -> Callable[[], bytes]:
    def read() -> bytes:
        if is_foreign:
            raise InvalidInput(reimports.REIMPORT, reimports.SENTENCE)
        try:
            return storage.get(image.path, key=key, owner=image.pk)
        except FileNotFoundError:
            raise InvalidInput(ends.FILE_MISSING, "The stored photo is not where it was put.") from None

    return read
