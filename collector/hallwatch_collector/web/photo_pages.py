"""The photos of an incident, for who has to do with the hall: they may show more than the fault."""

from __future__ import annotations

from typing import Any, Final

from litestar import get
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.web.desk import TheDesk

HEADERS: Final = {
    # A photo is a photo: whatever it holds, nothing in it is run, and no other site shows it.
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, max-age=3600",
}


@get(
    "/halls/{area:str}/{hall:str}/incidents/{incident:str}/photos/{name:str}", include_in_schema=False,
    sync_to_thread=True,
)  # fmt: skip
def show_photo(
    desk: TheDesk, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str], name: FromPath[str]
) -> Response[Any]:  # fmt: skip
    """Show a photo."""
    photo = desk.source.album.read(HallKey(area, hall), incident, name.removesuffix(".jpg"))
    if photo is None:
        raise NotFoundException(f"there is no photo {name} of {incident}")
    shown = {"content-disposition": f'inline; filename="{incident}-{name[:12]}.jpg"'}
    return Response(photo, media_type=MediaType.TEXT, headers={**HEADERS, **shown, "content-type": "image/jpeg"})


HANDLERS: Final = (show_photo,)
