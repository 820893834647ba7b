"""The service's routes."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import psycopg
from fastapi import FastAPI, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, StringConstraints
from starlette.types import ASGIApp

from notes import failure, metrics, page, pools
from notes.access import Access
from notes.health import Check
from notes.inputs import TENANT_ID
from notes.pools import Pools
from notes.schema import History
from notes.store import Note, Pool, Store, usage

logger = logging.getLogger("notes")

# PostgreSQL's text holds every character but NUL.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
Organisation = Annotated[str, Path(pattern=f"^{TENANT_ID}$")]


class NewNote(BaseModel):
    text: Text


def create(connections: Pool, tenants: Pools, history: History, version: str, draining: Callable[[], bool]) -> ASGIApp:
    """The application, over a closed pool and the tenants' pools, which it opens and closes."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await connections.open()
        yield
        await tenants.close()
        await connections.close(timeout=1)

    store = Store(connections)
    check = Check(connections, history)
    counted = metrics.Metrics(version, lambda: usage(connections, [one.pool for one in tenants.entries.values()]))
    app = FastAPI(title="notes", version=version, docs_url=None, redoc_url=None, lifespan=lifespan)

    @app.get("/live")
    async def live() -> dict[str, str]:
        """Shallow on purpose: a database that fails over must not make the scheduler replace every task."""
        return {"status": "alive"}

    @app.get("/health")
    async def health() -> JSONResponse:
        found = await check.ask()
        if found.reason:
            return JSONResponse({"status": "unavailable", "reason": found.reason}, found.status)
        return JSONResponse({"status": "ok", "version": version, "schema": ", ".join(found.revisions)})

    @app.get("/", response_class=HTMLResponse)
    async def read() -> str:
        return page.render(await store.newest(), version)

    @app.get("/notes")
    async def list_notes() -> list[Note]:
        return await store.newest()

    @app.post("/notes", status_code=201)
    async def add(note: NewNote) -> Note:
        return await store.add(note.text)

    @app.get("/t/{organisation}", response_class=HTMLResponse)
    async def read_of(organisation: Organisation) -> str:
        async with tenants.of(organisation) as pool:
            return page.render(await Store(pool).newest(), version, organisation)

    @app.get("/t/{organisation}/notes")
    async def list_notes_of(organisation: Organisation) -> list[Note]:
        async with tenants.of(organisation) as pool:
            return await Store(pool).newest()

    @app.post("/t/{organisation}/notes", status_code=201)
    async def add_of(organisation: Organisation, note: NewNote) -> Note:
        async with tenants.of(organisation) as pool:
            return await Store(pool).add(note.text)

    @app.get("/metrics")
    async def numbers() -> Response:
        return Response(counted.text(), media_type=metrics.CONTENT_TYPE)

    @app.exception_handler(pools.Unknown)
    async def unknown(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"status": "unknown", "reason": "there is no such tenant"}, 404)

    @app.exception_handler(pools.Behind)
    async def behind(_request: Request, error: pools.Behind) -> JSONResponse:
        logger.error("database %s: %s", error.database, error)
        return JSONResponse({"status": "unavailable", "reason": str(error)}, 503)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        """What is wrong and where, without repeating what was sent."""
        mistakes = [{"where": ".".join(str(part) for part in e["loc"]), "what": e["msg"]} for e in error.errors()]
        return JSONResponse({"mistakes": mistakes}, 422)

    async def unavailable(_request: Request, error: Exception) -> JSONResponse:
        logger.error("database failed: %s: %s", type(error).__name__, failure.line(error))
        return JSONResponse({"status": "unavailable", "reason": "the database does not answer"}, 503)

    for kind in (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError):
        app.add_exception_handler(kind, unavailable)
    return Access(app, version, draining, counted)
