/**
 * All cars of a scene in a handful of draw calls: shell, trim, wheels and shadows are one instanced mesh each; ghosts
 * have a see-through shell of their own. The focus car wears the accent colour and a ring.
 */
import * as THREE from "three";
import { shellGeometry, trimGeometry, WHEEL_RADIUS_M, WHEELS, wheelGeometry } from "./carShape";
import { FIELDS, FLAG, type FleetFrame, STEER_DEG, X, Y, YAW_RAD } from "./fleet";
import { at } from "./geometry";
import { carColour, type Palette } from "./palette";
import { shadowTexture } from "./textures";
import { asLayer, LAYER } from "./trackMesh";

const UP = new THREE.Vector3(0, 0, 1);
const AXLE = new THREE.Vector3(0, 1, 0);
const ONE = new THREE.Vector3(1, 1, 1);

export class CarFleet {
  readonly group = new THREE.Group();
  readonly capacity: number;
  private readonly shells: THREE.InstancedMesh;
  private readonly ghosts: THREE.InstancedMesh;
  private readonly trims: THREE.InstancedMesh;
  private readonly wheels: THREE.InstancedMesh;
  private readonly shadows: THREE.InstancedMesh;
  private readonly ring: THREE.Mesh;
  private readonly owned: { dispose(): void }[] = [];
  private readonly rolledRad: Float32Array; // (capacity,) how far the wheels have turned
  private readonly before: Float32Array; // (capacity * 2,) x, y of the last picture
  private readonly wheelPoses = WHEELS.map(([x, y]) => new THREE.Vector3(x, y, WHEEL_RADIUS_M));
  private readonly pose = new THREE.Matrix4();
  private readonly part = new THREE.Matrix4();
  private readonly turn = new THREE.Quaternion();
  private readonly roll = new THREE.Quaternion();
  private readonly place = new THREE.Vector3();
  private readonly colour = new THREE.Color();

  constructor(
    private readonly palette: Palette,
    capacity: number,
  ) {
    this.capacity = capacity;
    this.rolledRad = new Float32Array(capacity);
    this.before = new Float32Array(capacity * 2);
    const paint = { vertexColors: true, specular: 0x3a3a3a, shininess: 50 };
    const shell = this.own(shellGeometry());
    this.shells = this.instanced(shell, this.own(new THREE.MeshPhongMaterial(paint)), capacity);
    this.ghosts = this.instanced(
      shell,
      this.own(
        new THREE.MeshPhongMaterial({ ...paint, transparent: true, opacity: 0.45, depthWrite: false }),
      ),
      capacity,
    );
    this.trims = this.instanced(
      this.own(trimGeometry(palette.carTrim)),
      this.own(new THREE.MeshPhongMaterial(paint)),
      capacity,
    );
    this.wheels = this.instanced(
      this.own(wheelGeometry()),
      this.own(new THREE.MeshLambertMaterial({ vertexColors: true })),
      capacity * WHEELS.length,
    );
    this.shadows = this.shadowMesh(capacity);
    this.ring = this.ringMesh();
    this.colour.set("#ffffff");
    for (let car = 0; car < capacity; car++) {
      this.shells.setColorAt(car, this.colour);
      this.ghosts.setColorAt(car, this.colour);
    }
  }

  /** Puts every car where the frame says. */
  update(frame: FleetFrame, focus: number, withRing = true): void {
    const solid = Math.min(frame.firstGhost, this.capacity);
    const count = Math.min(frame.count, this.capacity);
    for (let car = 0; car < count; car++) {
      this.placeCar(frame.cars, car);
      if (car < solid) this.drawSolid(frame.cars, car, car === focus);
      else this.drawGhost(car - solid);
      this.shadows.setMatrixAt(car, this.pose);
    }
    this.show(this.shells, solid);
    this.show(this.trims, solid);
    this.show(this.wheels, solid * WHEELS.length);
    this.show(this.ghosts, count - solid);
    this.show(this.shadows, count);
    this.ring.visible = withRing && focus >= 0 && focus < solid;
    if (this.ring.visible) {
      this.ring.matrix.makeTranslation(
        at(frame.cars, focus * FIELDS + X),
        at(frame.cars, focus * FIELDS + Y),
        0,
      );
    }
  }

  dispose(): void {
    for (const mesh of [this.shells, this.ghosts, this.trims, this.wheels, this.shadows]) mesh.dispose();
    for (const thing of this.owned) thing.dispose();
    this.group.removeFromParent();
  }

  private placeCar(cars: Float32Array, car: number): void {
    const o = car * FIELDS;
    this.place.set(at(cars, o + X), at(cars, o + Y), 0);
    this.pose.compose(this.place, this.turn.setFromAxisAngle(UP, at(cars, o + YAW_RAD)), ONE);
  }

  private drawSolid(cars: Float32Array, car: number, inFocus: boolean): void {
    this.shells.setMatrixAt(car, this.pose);
    this.shells.setColorAt(
      car,
      this.colour.set(carColour(this.palette, at(cars, car * FIELDS + FLAG), car, inFocus)),
    );
    this.trims.setMatrixAt(car, this.pose);
    const rolled = this.rollOn(cars, car);
    const steerRad = (at(cars, car * FIELDS + STEER_DEG) * Math.PI) / 180;
    this.roll.setFromAxisAngle(AXLE, rolled);
    WHEELS.forEach(([, , steers], wheel) => {
      this.turn.setFromAxisAngle(UP, steers ? steerRad : 0).multiply(this.roll);
      this.part.compose(this.wheelPoses[wheel] ?? this.place, this.turn, ONE).premultiply(this.pose);
      this.wheels.setMatrixAt(car * WHEELS.length + wheel, this.part);
    });
  }

  private drawGhost(ghost: number): void {
    this.ghosts.setMatrixAt(ghost, this.pose);
    this.ghosts.setColorAt(ghost, this.colour.set(this.palette.ghost));
  }

  private rollOn(cars: Float32Array, car: number): number {
    const x = at(cars, car * FIELDS + X);
    const y = at(cars, car * FIELDS + Y);
    const moved = Math.hypot(x - at(this.before, 2 * car), y - at(this.before, 2 * car + 1));
    this.before[2 * car] = x;
    this.before[2 * car + 1] = y;
    const rolled = (at(this.rolledRad, car) + Math.min(moved, 1) / WHEEL_RADIUS_M) % (2 * Math.PI);
    this.rolledRad[car] = rolled;
    return rolled;
  }

  private show(mesh: THREE.InstancedMesh, count: number): void {
    mesh.count = count;
    mesh.visible = count > 0;
    mesh.instanceMatrix.needsUpdate = true;
    if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
  }

  private shadowMesh(capacity: number): THREE.InstancedMesh {
    const plane = this.own(new THREE.PlaneGeometry(0.46, 0.33));
    const map = this.own(shadowTexture());
    const opacity = this.palette.dark ? 0.8 : 0.6;
    const material = this.own(new THREE.MeshBasicMaterial({ map, color: this.palette.shadow, opacity }));
    const mesh = this.instanced(plane, material, capacity);
    asLayer(mesh, LAYER.shadow);
    return mesh;
  }

  private ringMesh(): THREE.Mesh {
    const geometry = this.own(new THREE.RingGeometry(0.235, 0.265, 48));
    const ring = new THREE.Mesh(
      geometry,
      this.own(new THREE.MeshBasicMaterial({ color: this.palette.accent, opacity: 0.95 })),
    );
    asLayer(ring, LAYER.ring);
    this.group.add(ring);
    return ring;
  }

  private instanced(
    geometry: THREE.BufferGeometry,
    material: THREE.Material,
    count: number,
  ): THREE.InstancedMesh {
    const mesh = new THREE.InstancedMesh(geometry, material, count);
    mesh.instanceMatrix.setUsage(THREE.DynamicDrawUsage);
    mesh.frustumCulled = false;
    this.group.add(mesh);
    return mesh;
  }

  private own<T extends { dispose(): void }>(thing: T): T {
    this.owned.push(thing);
    return thing;
  }
}
