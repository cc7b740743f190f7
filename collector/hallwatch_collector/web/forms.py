"""What forms send."""

from __future__ import annotations

import hmac
from typing import Final

from litestar.datastructures import FormMultiDict
from litestar.exceptions import PermissionDeniedException

from hallwatch_collector.web.access import check_own_form
from hallwatch_collector.web.cookies import AnyRequest, form_token
from hallwatch_collector.web.visitor import visitor_of

TOKEN_FIELD: Final = "csrf"  # noqa: S105 - a field's name
TOKEN_HEADER: Final = "x-hallwatch-form"  # noqa: S105 - a header's name


async def check_form(request: AnyRequest) -> None:
    """Refuse a form that no page of ours sent: by where the browser says it comes from, and by its token."""
    check_own_form(request)
    expected = form_token(request, visitor_of(request).session)
    sent = request.headers.get(TOKEN_HEADER) or str((await request.form()).get(TOKEN_FIELD, ""))
    if not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise PermissionDeniedException("foreign")


async def read_fields(request: AnyRequest) -> dict[str, str]:
    """Return the fields of a form, without what only shows that it is ours; of several of a name the last."""
    form = await request.form()
    return {name: str(form[name]) for name in form if name != TOKEN_FIELD}


async def read_lists(request: AnyRequest) -> FormMultiDict:
    """Return the fields of a form with all that was sent of each; the form's token is among them."""
    return await request.form()
