"""The routes that only the vision studio has."""

from __future__ import annotations

from fastapi import APIRouter

from trivium.vision.api.box_scores import router as box_scores_router
from trivium.vision.api.boxes import router as boxes_router
from trivium.vision.api.broker import router as broker_router
from trivium.vision.api.clips import router as clips_router
from trivium.vision.api.cutouts import router as cutouts_router
from trivium.vision.api.devices import router as devices_router
from trivium.vision.api.films import router as films_router
from trivium.vision.api.frames import router as frames_router
from trivium.vision.api.functions import router as functions_router
from trivium.vision.api.looking import router as looking_router
from trivium.vision.api.masks import router as masks_router
from trivium.vision.api.photos import router as photos_router
from trivium.vision.api.projects import router as projects_router
from trivium.vision.api.ready_made import router as ready_made_router
from trivium.vision.api.rules import router as rules_router
from trivium.vision.api.templates import router as templates_router
from trivium.vision.api.trainings import router as trainings_router
from trivium.vision.api.understand import router as understand_router
from trivium.vision.api.watch import router as watch_router

router = APIRouter(tags=["vision"])
ROOMS = (templates_router, projects_router, photos_router, boxes_router, masks_router, clips_router, trainings_router,
         looking_router, cutouts_router, understand_router, box_scores_router, watch_router, films_router, rules_router,
         functions_router, frames_router, devices_router, broker_router, ready_made_router)
for room in ROOMS:
    router.include_router(room, prefix="/api/v1/vision")
