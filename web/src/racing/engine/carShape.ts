/**
 * The shapes of our racing car, 1:18, built from boxes and extruded outlines: painted shell, dark trim, wheel.
 * Origin between the axles on the ground, x ahead, y left, z up, metres. Axles, wheels and camera sit where the
 * simulator has them.
 */
import * as THREE from "three";
import { mergeGeometries } from "three/addons/utils/BufferGeometryUtils.js";

export const WHEEL_RADIUS_M = 0.035;
export const WHEEL_WIDTH_M = 0.028;
/** x, y of the wheel centres and whether they steer. */
export const WHEELS: readonly [number, number, boolean][] = [
  [0.0823, 0.0796, true],
  [0.0823, -0.0796, true],
  [-0.0817, 0.0811, false],
  [-0.0817, -0.0811, false],
];

/** Side outline of the body, nose to tail and back along the bottom: x, z. */
export const BODY: readonly [number, number][] = [
  [0.152, 0.03],
  [0.157, 0.044],
  [0.142, 0.057],
  [0.075, 0.071],
  [0.048, 0.076],
  [0.006, 0.103],
  [-0.058, 0.107],
  [-0.112, 0.088],
  [-0.15, 0.082],
  [-0.157, 0.066],
  [-0.15, 0.034],
];

function coloured(geometry: THREE.BufferGeometry, colour: string): THREE.BufferGeometry {
  const flat = geometry.index ? geometry.toNonIndexed() : geometry;
  flat.deleteAttribute("uv");
  flat.computeVertexNormals();
  const { r, g, b } = new THREE.Color(colour);
  const count = flat.getAttribute("position").count;
  const colours = new Float32Array(count * 3);
  for (let i = 0; i < count; i++) colours.set([r, g, b], 3 * i);
  flat.setAttribute("color", new THREE.BufferAttribute(colours, 3));
  return flat;
}

function merged(parts: THREE.BufferGeometry[]): THREE.BufferGeometry {
  const geometry = mergeGeometries(parts);
  for (const part of parts) part.dispose();
  return geometry;
}

/** An outline in x, z made solid across the car, `widthM` wide, with a bevelled edge. */
function extruded(
  outline: readonly [number, number][],
  widthM: number,
  bevelM: number,
  y = 0,
): THREE.BufferGeometry {
  const shape = new THREE.Shape(outline.map(([x, z]) => new THREE.Vector2(x, z)));
  const geometry = new THREE.ExtrudeGeometry(shape, {
    depth: widthM - 2 * bevelM,
    bevelEnabled: bevelM > 0,
    bevelThickness: bevelM,
    bevelSize: bevelM,
    bevelOffset: -bevelM,
    bevelSegments: 1,
    curveSegments: 6,
  });
  geometry.rotateX(Math.PI / 2);
  geometry.translate(0, y + (widthM - 2 * bevelM) / 2, 0);
  return geometry;
}

function box(
  size: [number, number, number],
  centre: [number, number, number],
  pitchRad = 0,
): THREE.BufferGeometry {
  return new THREE.BoxGeometry(...size).rotateY(pitchRad).translate(...centre);
}

/** A mudguard: a bow over a wheel. */
function fender(x: number, y: number): THREE.BufferGeometry {
  const outline: [number, number][] = [];
  const outer = WHEEL_RADIUS_M + 0.014;
  const inner = WHEEL_RADIUS_M + 0.006;
  const [from, to, pieces] = [0.12 * Math.PI, 0.9 * Math.PI, 7];
  for (let k = 0; k <= pieces; k++) {
    const angle = from + ((to - from) * k) / pieces;
    outline.push([x + outer * Math.cos(angle), WHEEL_RADIUS_M + outer * Math.sin(angle)]);
  }
  for (let k = pieces; k >= 0; k--) {
    const angle = from + ((to - from) * k) / pieces;
    outline.push([x + inner * Math.cos(angle), WHEEL_RADIUS_M + inner * Math.sin(angle)]);
  }
  return extruded(outline, 0.034, 0, y);
}

/** Everything that carries the car's own colour. */
export function shellGeometry(): THREE.BufferGeometry {
  const paint = "#ffffff";
  const shade = "#c9cdd3";
  return merged([
    coloured(extruded(BODY, 0.112, 0.009), paint),
    ...WHEELS.map(([x, y]) => coloured(fender(x, y), paint)),
    coloured(box([0.03, 0.15, 0.005], [-0.147, 0, 0.118], -0.16), paint),
    coloured(box([0.09, 0.03, 0.002], [0.105, 0, 0.0665], 0.2), shade),
  ]);
}

/** Chassis, windows, camera, lights: colours of their own, the same on every car. */
export function trimGeometry(trim: string): THREE.BufferGeometry {
  const glass = "#2f3b4a";
  const sideWindow: [number, number][] = [
    [0.036, 0.079],
    [0.004, 0.0985],
    [-0.056, 0.1015],
    [-0.086, 0.084],
  ];
  const mast = new THREE.CylinderGeometry(0.0045, 0.006, 0.07, 8)
    .rotateX(Math.PI / 2)
    .translate(0.122, 0, 0.09);
  const lens = new THREE.CylinderGeometry(0.009, 0.009, 0.008, 12).rotateZ(Math.PI / 2).rotateY(0.26);
  return merged([
    coloured(box([0.29, 0.118, 0.016], [0, 0, 0.03]), trim),
    coloured(box([0.02, 0.176, 0.014], [0.151, 0, 0.028]), trim),
    coloured(box([0.02, 0.17, 0.02], [-0.152, 0, 0.034]), trim),
    coloured(extruded(sideWindow, 0.1155, 0), glass),
    coloured(box([0.0415, 0.086, 0.003], [0.0278, 0, 0.0907], 0.571), glass),
    coloured(box([0.004, 0.008, 0.034], [-0.142, 0.045, 0.1]), trim),
    coloured(box([0.004, 0.008, 0.034], [-0.142, -0.045, 0.1]), trim),
    coloured(mast, trim),
    coloured(box([0.022, 0.044, 0.026], [0.126, 0, 0.13], 0.26), trim),
    coloured(lens.translate(0.139, 0, 0.1265), "#7fa7c9"),
    coloured(box([0.006, 0.022, 0.009], [0.1535, 0.035, 0.048]), "#fff6d8"),
    coloured(box([0.006, 0.022, 0.009], [0.1535, -0.035, 0.048]), "#fff6d8"),
    coloured(box([0.004, 0.026, 0.009], [-0.157, 0.034, 0.07]), "#e0392f"),
    coloured(box([0.004, 0.026, 0.009], [-0.157, -0.034, 0.07]), "#e0392f"),
  ]);
}

/** A wheel lying on its axle along y, with a five-spoked rim. */
export function wheelGeometry(): THREE.BufferGeometry {
  const tyre = new THREE.CylinderGeometry(WHEEL_RADIUS_M, WHEEL_RADIUS_M, WHEEL_WIDTH_M, 18);
  const rim = new THREE.CylinderGeometry(0.021, 0.021, WHEEL_WIDTH_M + 0.002, 14);
  const spokes = Array.from({ length: 5 }, (_, k) =>
    coloured(
      new THREE.BoxGeometry(0.019, WHEEL_WIDTH_M + 0.004, 0.005)
        .translate(0.0105, 0, 0)
        .rotateY((k * 2 * Math.PI) / 5),
      "#c8ccd2",
    ),
  );
  return merged([coloured(tyre, "#191b1f"), coloured(rim, "#4a4f58"), ...spokes]);
}
