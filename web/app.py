"""The web process: pages of every installed module, the API, static files, health and figures about itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

import web.pages
from plantops import logs
from plantops.core import House, open_house
from plantops.errors import Unavailable
from plantops.module import Registry
from plantops.settings import Settings
from plantops.wording import say
from web import assets, errors, health, live, openapi, session, visit
from web.menu import Pages
from web.routing import Doors
from web.security import Guard
from web.templates import make_environment


def create(house: House | None = None) -> FastAPI:
    """The application on a house; without one, on the database that the environment names."""
    house = house or house_from_environment()
    logs.configure(house.settings.log_level)
    packages = page_packages(house.registry)
    app = FastAPI(
        title="plantops",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.house = house
    app.state.packages = packages
    app.state.templates = make_environment({package.name: package.templates for package in packages})
    app.state.live = live.Hub(house.database.url)
    errors.install(app)
    routers = [assets.router, health.router, openapi.router]
    routers += [router for package in packages for router in package.routers]
    routers += [router for package in packages for router in package.api]
    app.router.routes.append(Doors(route for router in routers for route in router.routes))
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    secure = session.is_secure(house.settings)
    app.add_middleware(
        Guard,
        secure=secure,
        observe=health.observe,
        on_bug=errors.on_bug,
        on_refused=errors.on_refused,
        language_of=visit.asked_language,
    )
    return app


def house_from_environment() -> House:
    settings = Settings.read()
    if settings.database_url is None:
        raise Unavailable(say("The web process needs PLANTOPS_DATABASE_URL. Start it with `plantops serve`."))
    return open_house(settings.database_url, settings)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.live.close()
    app.state.house.database.dispose()


def page_packages(registry: Registry) -> tuple[Pages, ...]:
    """The page packages whose module is installed; those without a module of their name always."""
    found = []
    for package in pkgutil.iter_modules(web.pages.__path__):
        if package.name in ALWAYS or package.name in registry:
            pages: Pages = importlib.import_module(f"web.pages.{package.name}").PAGES
            found.append(pages)
    return tuple(sorted(found, key=lambda pages: (pages.order, pages.title)))


ALWAYS = frozenset({"home", "lists", "login", "account", "admin", "design", "stock", "weekly"})
