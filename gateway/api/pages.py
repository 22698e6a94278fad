"""The page at ``/schema``: the description of the internal API, to read and to try, with nothing loaded from outside.

Its three files lie in page/.  The page reads ``/schema/openapi.json`` and speaks to this gateway alone; the browser is
told to hold it to that.
"""

from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.enums import MediaType
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from msgspec import Struct
from typing_extensions import override

OURS = "gateway.api."
PAGE = Path(__file__).parent / "page"
HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
DESCRIPTION = (PAGE / "introduction.md").read_text()


@get("/page.js", media_type="text/javascript", sync_to_thread=False, include_in_schema=False)
def page_script() -> bytes:
    """The page's script."""
    return SCRIPT


@get("/page.css", media_type=MediaType.CSS, sync_to_thread=False, include_in_schema=False)
def page_style() -> bytes:
    """The page's style."""
    return STYLE


class ReadAndTry(OpenAPIRenderPlugin):
    """Serves the page at the root of the schema's path, and its files beside it."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML, favicon="", style="")

    def render(
        self,
        request: Request[Any, Any, Any],  # noqa: ARG002 - the framework's signature
        openapi_schema: dict[str, Any],  # noqa: ARG002
    ) -> bytes:
        """The page; it fetches the description itself."""
        return HTML

    def receive_router(self, router: Router) -> None:  # pyrefly: ignore[missing-override-decorator]
        """Register the page's files."""
        router.register(page_script)
        router.register(page_style)


class Description(JsonRenderPlugin):
    """Serves the description.  The framework leaves out of it that a field nobody knows is refused."""

    @override
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The description as JSON."""
        schemas = openapi_schema["components"]["schemas"]
        for struct in Struct.__subclasses__():
            if struct.__struct_config__.forbid_unknown_fields and struct.__module__.startswith(OURS):
                schemas[struct.__name__]["additionalProperties"] = False
        return super().render(request, openapi_schema)


def guarded(response: Response[Any]) -> Response[Any]:
    """Tell the browser that nothing may be loaded from outside."""
    response.headers.update(HEADERS)
    return response


HTML = (PAGE / "index.html").read_bytes()
SCRIPT = (PAGE / "page.js").read_bytes()
STYLE = (PAGE / "page.css").read_bytes()

OPENAPI = OpenAPIConfig(
    title="Bankroll internal API",
    version="1",
    description=DESCRIPTION,
    use_handler_docstrings=True,
    render_plugins=[ReadAndTry(), Description()],
    openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=guarded),
    operation_id_creator=lambda handler, method, path: handler.handler_name,  # noqa: ARG005 - names are unique here
    components=Components(security_schemes={"api_key": SecurityScheme(type="http", scheme="bearer")}),
    tags=[
        Tag("Players"),
        Tag("Wallets"),
        Tag("Cashier", "Everything here wants an Idempotency-Key."),
        Tag("Sessions"),
        Tag("History"),
        Tag("Catalogue"),
        Tag("API keys"),
        Tag("Audit"),
    ],
)
