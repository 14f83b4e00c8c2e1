"""The routes that only the vision studio has."""

from __future__ import annotations

from fastapi import APIRouter

from trivium.vision.api_boxes import router as boxes_router
from trivium.vision.api_photos import router as photos_router
from trivium.vision.api_projects import router as projects_router
from trivium.vision.api_trainings import router as trainings_router
from trivium.vision.devices_api import router as devices_router
from trivium.vision.watch_api import router as watch_router

router = APIRouter(tags=["vision"])
for room in (projects_router, photos_router, boxes_router, trainings_router, watch_router, devices_router):
    router.include_router(room, prefix="/api/v1/vision")
