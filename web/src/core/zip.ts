// Many files as one zip, so that a folder goes to the server in one piece. Stored, not packed: photos are packed already,
// MIDI files are small, and the server is on this machine or near. Format after PKWARE's APPNOTE.TXT, sections 4.3.7,
// 4.3.12 and 4.3.16; without its 64-bit extension, so at most 65,535 files and 4 GB.

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const UTF8_NAMES = 0x0800;
const VERSION = 20;

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Two and four byte numbers, little end first; `fields` are [bytes, value]. */
function record(fields: readonly [2 | 4, number][]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

export interface Member {
  name: string;
  content: Uint8Array<ArrayBuffer>;
}

interface Part {
  name: string;
  content: BlobPart;
  size: number;
  crc: number;
}

export const zipOf = (members: readonly Member[]): Blob =>
  packed(members.map(({ name, content }) => ({ name, content, size: content.length, crc: crc32(content) })));

/** Files of any size: each is read once for its sum and then left on the disk, from where the browser sends it. */
export async function zipOfFiles(
  files: readonly { name: string; file: Blob }[],
  progress: (share: number) => void = () => {},
  signal?: AbortSignal,
): Promise<Blob> {
  const parts: Part[] = [];
  for (const { name, file } of files) {
    signal?.throwIfAborted();
    parts.push({
      name,
      content: file,
      size: file.size,
      crc: crc32(new Uint8Array(await file.arrayBuffer())),
    });
    progress(parts.length / files.length);
  }
  return packed(parts);
}

function packed(members: readonly Part[]): Blob {
  const parts: BlobPart[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { name, content, size, crc } of members) {
    const title = new TextEncoder().encode(name);
    const shared: [2 | 4, number][] = [
      [2, VERSION],
      [2, UTF8_NAMES],
      [2, 0], // stored
      [4, 0], // no time of change
      [4, crc],
      [4, size],
      [4, size],
      [2, title.length],
      [2, 0], // no extra field
    ];
    const head = record([[4, LOCAL], ...shared]);
    directory.push(
      record([[4, CENTRAL], [2, VERSION], ...shared, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]),
      title,
    );
    parts.push(head, title, content);
    offset += head.length + title.length + size;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end: [2 | 4, number][] = [
    [4, END],
    [2, 0],
    [2, 0],
    [2, members.length],
    [2, members.length],
    [4, length],
    [4, offset],
    [2, 0],
  ];
  return new Blob([...parts, ...directory, record(end)]);
}
