"""The service's routes."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, StringConstraints
from starlette.types import ASGIApp

from notes import failure, page
from notes.access import Access
from notes.health import Check
from notes.schema import History
from notes.store import Note, Pool, Store

logger = logging.getLogger("notes")

# PostgreSQL's text holds every character but NUL.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class NewNote(BaseModel):
    text: Text


def create(connections: Pool, history: History, version: str, draining: Callable[[], bool]) -> ASGIApp:
    """The application, over a closed pool that it opens and closes."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await connections.open()
        yield
        await connections.close(timeout=1)

    store = Store(connections)
    check = Check(connections, history)
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
    return Access(app, version, draining)
