"""The routes that only the vision studio has."""

from __future__ import annotations

from fastapi import APIRouter

from trivium.vision.api_boxes import router as boxes_router
from trivium.vision.api_photos import router as photos_router
from trivium.vision.api_projects import router as projects_router
from trivium.vision.api_trainings import router as trainings_router
from trivium.vision.api_understand import router as understand_router
from trivium.vision.devices_api import router as devices_router
from trivium.vision.rules_api import router as rules_router
from trivium.vision.watch_api import router as watch_router

router = APIRouter(tags=["vision"])
ROOMS = (projects_router, photos_router, boxes_router, trainings_router, understand_router, watch_router, rules_router,
         devices_router)
for room in ROOMS:
    router.include_router(room, prefix="/api/v1/vision")
