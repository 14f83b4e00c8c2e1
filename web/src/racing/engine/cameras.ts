/**
 * Where the scene is seen from: an overview that fits the whole track and can be turned, a chase camera behind the focus
 * car, and the view from the car's own camera. Changes of view glide, unless the person asked for less motion.
 */
import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { FIELDS, type FleetFrame, X, Y, YAW_RAD } from "./fleet";
import { at, type TrackGeometry, wrapAngle } from "./geometry";

export type CameraMode = "overview" | "chase" | "onboard";

const OVERVIEW_FOV_DEG = 38;
const OVERVIEW_ELEVATION_RAD = 0.92;
const CHASE = { fovDeg: 58, behindM: 0.78, heightM: 0.4, aheadM: 0.55, lagS: 0.22 };
/** The simulated camera: 0.145 m ahead, 0.13 m up, 15 degrees down, 64.7 degrees wide. */
const ONBOARD = { aheadM: 0.152, heightM: 0.13, downRad: 0.2618, wideRad: 1.13 };
const GLIDE_S = 0.7;
const LEAP_M = 1.2;

export class CameraRig {
  readonly camera = new THREE.PerspectiveCamera(OVERVIEW_FOV_DEG, 1, 0.03, 400);
  readonly controls: OrbitControls;
  mode: CameraMode = "overview";
  private readonly orbit = new THREE.PerspectiveCamera(OVERVIEW_FOV_DEG, 1, 0.03, 400);
  private readonly wanted = new THREE.PerspectiveCamera();
  private readonly from = new THREE.PerspectiveCamera();
  private glideS = GLIDE_S;
  private chaseYawRad = Number.NaN;
  private readonly lastPlace = new THREE.Vector2();
  private touched = false;
  private shown = false;

  constructor(
    element: HTMLElement,
    private readonly track: TrackGeometry,
    private readonly reducedMotion: boolean,
  ) {
    this.orbit.up.set(0, 0, 1);
    this.wanted.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.orbit, element);
    this.controls.enableDamping = !reducedMotion;
    this.controls.dampingFactor = 0.09;
    this.controls.maxPolarAngle = 1.5;
    this.controls.zoomToCursor = true;
    this.controls.addEventListener("start", () => {
      this.touched = true;
    });
  }

  setMode(mode: CameraMode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    this.controls.enabled = mode === "overview";
    this.chaseYawRad = Number.NaN;
    this.from.copy(this.camera);
    this.glideS = this.reducedMotion || !this.shown ? GLIDE_S : 0;
  }

  /** Shows the whole track again. */
  reset(): void {
    this.touched = false;
    this.fit();
  }

  resize(aspect: number): void {
    this.camera.aspect = aspect;
    this.orbit.aspect = aspect;
    this.orbit.updateProjectionMatrix();
    if (!this.touched) this.fit();
  }

  /** Turns (radians) and zooms (factor) the overview, for the keyboard. */
  nudge(azimuthRad: number, polarRad: number, zoom: number): void {
    this.touched = true;
    const offset = this.orbit.position.clone().sub(this.controls.target);
    const around = new THREE.Spherical().setFromVector3(new THREE.Vector3(offset.x, offset.z, -offset.y));
    around.theta += azimuthRad;
    around.phi = Math.min(Math.max(around.phi + polarRad, 0.05), this.controls.maxPolarAngle);
    around.radius *= zoom;
    const turned = new THREE.Vector3().setFromSpherical(around);
    this.orbit.position.copy(this.controls.target).add(new THREE.Vector3(turned.x, -turned.z, turned.y));
    this.controls.update();
  }

  /** Moves the camera on by `dtS`; true while it is still moving by itself. */
  update(dtS: number, frame: FleetFrame, focus: number): boolean {
    const orbiting = this.mode === "overview" && this.controls.update(dtS);
    const chasing = this.mode !== "overview" && focus >= 0 && focus < frame.count;
    if (!chasing) this.wanted.copy(this.orbit);
    else if (this.mode === "chase") this.chase(dtS, frame, focus);
    else this.onboard(frame, focus);
    this.shown = true;
    const aspect = this.camera.aspect;
    this.glideS = Math.min(this.glideS + dtS, GLIDE_S);
    const u = ease(this.glideS / GLIDE_S);
    this.camera.position.lerpVectors(this.from.position, this.wanted.position, u);
    this.camera.quaternion.slerpQuaternions(this.from.quaternion, this.wanted.quaternion, u);
    this.camera.fov = this.from.fov + (this.wanted.fov - this.from.fov) * u;
    this.camera.aspect = aspect;
    this.camera.updateProjectionMatrix();
    this.camera.updateMatrixWorld();
    return orbiting || u < 1;
  }

  dispose(): void {
    this.controls.dispose();
  }

  private chase(dtS: number, frame: FleetFrame, focus: number): void {
    const o = focus * FIELDS;
    const [x, y, yaw] = [at(frame.cars, o + X), at(frame.cars, o + Y), at(frame.cars, o + YAW_RAD)];
    const leapt = this.lastPlace.distanceTo(new THREE.Vector2(x, y)) > LEAP_M;
    this.lastPlace.set(x, y);
    if (leapt || Number.isNaN(this.chaseYawRad)) this.chaseYawRad = yaw;
    this.chaseYawRad += wrapAngle(yaw - this.chaseYawRad) * (1 - Math.exp(-dtS / CHASE.lagS));
    const [cx, cy] = [Math.cos(this.chaseYawRad), Math.sin(this.chaseYawRad)];
    this.wanted.position.set(x - cx * CHASE.behindM, y - cy * CHASE.behindM, CHASE.heightM);
    this.wanted.lookAt(x + cx * CHASE.aheadM, y + cy * CHASE.aheadM, 0.04);
    // A tall, narrow picture would only show the car's back: open the view.
    this.wanted.fov = this.camera.aspect < 1 ? 75 : CHASE.fovDeg;
  }

  private onboard(frame: FleetFrame, focus: number): void {
    const o = focus * FIELDS;
    const yaw = at(frame.cars, o + YAW_RAD);
    const [cx, cy] = [Math.cos(yaw), Math.sin(yaw)];
    const x = at(frame.cars, o + X) + cx * ONBOARD.aheadM;
    const y = at(frame.cars, o + Y) + cy * ONBOARD.aheadM;
    this.wanted.position.set(x, y, ONBOARD.heightM);
    const down = Math.tan(ONBOARD.downRad);
    this.wanted.lookAt(x + cx, y + cy, ONBOARD.heightM - down);
    const tall = 2 * Math.atan(Math.tan(ONBOARD.wideRad / 2) / this.camera.aspect);
    this.wanted.fov = Math.min((tall * 180) / Math.PI, 80);
  }

  private fit(): void {
    fitOverview(this.orbit, this.controls.target, this.track, this.orbit.aspect);
    this.controls.minDistance = 0.6;
    this.controls.maxDistance = 2.2 * this.orbit.position.distanceTo(this.controls.target);
    this.controls.update();
    if (this.mode === "overview" && this.glideS >= GLIDE_S) this.from.copy(this.orbit);
  }
}

function ease(u: number): number {
  return u * u * (3 - 2 * u);
}

/**
 * Places a camera so that the whole track fills the picture: from the south, or from the east where the picture is tall
 * and the track wide. The target is shifted until the margins above and below are equal.
 */
export function fitOverview(
  camera: THREE.PerspectiveCamera,
  target: THREE.Vector3,
  track: TrackGeometry,
  aspect: number,
): void {
  const { minX, minY, maxX, maxY } = track.bounds;
  const turned = aspect < 1 === maxX - minX > maxY - minY && Math.abs(Math.log(aspect)) > 0.1;
  const azimuth = turned ? 0 : -Math.PI / 2;
  const [ax, ay] = [Math.cos(azimuth), Math.sin(azimuth)];
  camera.aspect = aspect;
  camera.updateProjectionMatrix();
  target.set((minX + maxX) / 2, (minY + maxY) / 2, 0);
  let distance = Math.max(maxX - minX, maxY - minY, 1) * 2;
  for (let round = 0; round < 8; round++) {
    const level = Math.cos(OVERVIEW_ELEVATION_RAD) * distance;
    camera.position.set(
      target.x + ax * level,
      target.y + ay * level,
      Math.sin(OVERVIEW_ELEVATION_RAD) * distance,
    );
    camera.lookAt(target);
    camera.updateMatrixWorld();
    const seen = projectedExtent(camera, track);
    const middle = (seen.minY + seen.maxY) / 2;
    const metresPerUnit = distance * Math.tan((camera.fov * Math.PI) / 360);
    target.x -= ax * middle * metresPerUnit;
    target.y -= ay * middle * metresPerUnit;
    const widest = Math.max(-seen.minX, seen.maxX, (seen.maxY - seen.minY) / 2);
    distance *= widest / 0.9;
  }
}

function projectedExtent(camera: THREE.Camera, track: TrackGeometry) {
  const extent = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  const point = new THREE.Vector3();
  for (const line of [track.inner, track.outer]) {
    for (let i = 0; i < line.n; i++) {
      point.set(at(line.x, i), at(line.y, i), 0).project(camera);
      extent.minX = Math.min(extent.minX, point.x);
      extent.maxX = Math.max(extent.maxX, point.x);
      extent.minY = Math.min(extent.minY, point.y);
      extent.maxY = Math.max(extent.maxY, point.y);
    }
  }
  return extent;
}
