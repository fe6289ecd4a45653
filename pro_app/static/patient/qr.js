/* A text as a QR code (ISO/IEC 18004, model 2, byte mode, error correction L): drawn on
   the phone itself, since it is needed where there is no network. */

/** Error-correction codewords of each block, and blocks, by version from 1. Source: ISO/IEC 18004, table 9. */
const CORRECTION = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28];
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8];
const LEVEL_L = 1;
/** @typedef {boolean[][]} Modules row by row */
/** @typedef {(x: number, y: number, on: boolean | number) => void} Put */
/** Whether a mask flips a module: where it gives 0. @type {((x: number, y: number) => number)[]} */
const MASKS = [
  (x, y) => (x + y) % 2,
  (_, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/**
 * The dark modules, row by row, without a margin.
 * @param {string} text @returns {boolean[][]}
 * Errors: RangeError when the text is longer than 858 bytes.
 */
export function qr(text) {
  const data = new TextEncoder().encode(text);
  const version = versionFor(data.length);
  const size = 17 + 4 * version;
  const codewords = interleaved(padded(data, version), version);
  const { dark, fixed } = frame(version, size);
  lay(codewords, dark, fixed, size);
  const tries = MASKS.map((_, mask) => masked(dark, fixed, mask, size));
  const penalties = tries.map(penalty);
  return tries[penalties.indexOf(Math.min(...penalties))];
}

/** The longest text that still gives a code which a camera reads off a small screen. */
export const COMFORTABLE = 700;

/** The text in parts that are comfortable to read, each headed by its number. @param {string} text @param {string} id its first 8 characters bind the parts together */
export function parts(text, id) {
  if (text.length <= COMFORTABLE) return [text];
  const count = Math.ceil(text.length / (COMFORTABLE - 24));
  const length = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, i) => {
    const piece = text.slice(i * length, (i + 1) * length);
    return `PRO1/${i + 1}/${count}/${id.slice(0, 8)}/${piece}`;
  });
}

/** An SVG path of the modules, each one unit wide. @param {boolean[][]} modules @param {number} margin */
export function path(modules, margin) {
  /** @type {string[]} */
  const runs = [];
  modules.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue;
      let end = x;
      while (row[end]) end++;
      runs.push(`M${x + margin} ${y + margin}h${end - x}v1h${x - end}z`);
      x = end;
    }
  });
  return runs.join("");
}

/** @param {number} version @returns {number} */
function modulesForData(version) {
  let count = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const aligned = Math.floor(version / 7) + 2;
    count -= (25 * aligned - 10) * aligned - 55;
    if (version >= 7) count -= 36;
  }
  return count;
}

/** @param {number} version @returns {number} */
function dataCodewords(version) {
  const all = Math.floor(modulesForData(version) / 8);
  return all - CORRECTION[version - 1] * BLOCKS[version - 1];
}

/** @param {number} version @returns {number} */
function lengthBits(version) {
  return version < 10 ? 8 : 16;
}

/** @param {number} bytes @returns {number} */
function versionFor(bytes) {
  for (let version = 1; version <= CORRECTION.length; version++) {
    if (4 + lengthBits(version) + 8 * bytes <= 8 * dataCodewords(version)) return version;
  }
  throw new RangeError("too long for one code");
}

/** @param {Uint8Array} data @param {number} version @returns {number[]} */
function padded(data, version) {
  /** @type {number[]} */
  const bits = [];
  /** @param {number} value @param {number} count */
  const put = (value, count) => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >>> i) & 1);
  };
  put(4, 4); // byte mode
  put(data.length, lengthBits(version));
  data.forEach((byte) => put(byte, 8));
  const capacity = 8 * dataCodewords(version);
  put(0, Math.min(4, capacity - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let filler = 0xec; bits.length < capacity; filler ^= 0xec ^ 0x11) put(filler, 8);
  return Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.slice(8 * i, 8 * i + 8).reduce((value, bit) => 2 * value + bit, 0),
  );
}

/** @param {number[]} data @param {number} version @returns {number[]} */
function interleaved(data, version) {
  const blocks = BLOCKS[version - 1];
  const length = CORRECTION[version - 1];
  const generator = generatorOf(length);
  const short = Math.floor(data.length / blocks);
  const longer = data.length % blocks;
  const parted = [];
  let start = 0;
  for (let i = 0; i < blocks; i++) {
    const end = start + short + (i >= blocks - longer ? 1 : 0);
    parted.push(data.slice(start, end));
    start = end;
  }
  const corrections = parted.map((block) => remainder(block, generator));
  /** @type {number[]} */
  const result = [];
  for (let i = 0; i <= short; i++) parted.forEach((b) => i < b.length && result.push(b[i]));
  for (let i = 0; i < length; i++) corrections.forEach((block) => result.push(block[i]));
  return result;
}

/** The product in the field GF(256) of x^8 + x^4 + x^3 + x^2 + 1. @param {number} one @param {number} other */
function times(one, other) {
  let product = 0;
  for (let i = 7; i >= 0; i--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((other >>> i) & 1) * one;
  }
  return product;
}

/** @param {number} degree @returns {number[]} */
function generatorOf(degree) {
  const result = new Array(degree).fill(0);
  result[degree - 1] = 1;
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) {
      result[j] = times(result[j], root) ^ (j + 1 < degree ? result[j + 1] : 0);
    }
    root = times(root, 2);
  }
  return result;
}

/** @param {number[]} data @param {number[]} generator @returns {number[]} */
function remainder(data, generator) {
  const result = generator.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (result.shift() || 0);
    result.push(0);
    generator.forEach((each, i) => (result[i] ^= times(each, factor)));
  }
  return result;
}

/** The patterns every code of this version has; `fixed` marks where no data may lie. @param {number} version @param {number} size */
function frame(version, size) {
  /** @type {Modules} */
  const dark = Array.from({ length: size }, () => new Array(size).fill(false));
  const fixed = dark.map((row) => row.slice());
  /** @type {Put} */
  const set = (x, y, on) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    dark[y][x] = Boolean(on);
    fixed[y][x] = true;
  };
  /** @param {number} left @param {number} top @param {number} reach @param {(ring: number) => boolean} isDark */
  const square = (left, top, reach, isDark) => {
    for (let dy = -reach; dy <= reach; dy++)
      for (let dx = -reach; dx <= reach; dx++)
        set(left + dx, top + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
  };
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]])
    square(x, y, 4, (ring) => ring !== 2 && ring !== 4);
  const centres = alignments(version, size);
  const last = centres.length - 1;
  centres.forEach((x, i) =>
    centres.forEach((y, j) => {
      const corner = (!i && !j) || (!i && j === last) || (i === last && !j);
      if (!corner) square(x, y, 2, (ring) => ring !== 1);
    }),
  );
  format(0, size, set);
  if (version >= 7) {
    const bits = (version << 12) | check(version, 0x1f25, 12);
    for (let i = 0; i < 18; i++) {
      const [far, near] = [size - 11 + (i % 3), Math.floor(i / 3)];
      set(far, near, (bits >>> i) & 1);
      set(near, far, (bits >>> i) & 1);
    }
  }
  return { dark, fixed };
}

/** @param {number} version @param {number} size @returns {number[]} */
function alignments(version, size) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  const rest = Array.from({ length: count - 1 }, (_, i) => size - 7 - i * step);
  return [6, ...rest.reverse()];
}

/** @param {number} value @param {number} polynomial @param {number} degree @returns {number} */
function check(value, polynomial, degree) {
  let rest = value;
  for (let i = 0; i < degree; i++) rest = (rest << 1) ^ ((rest >>> (degree - 1)) * polynomial);
  return rest;
}

/** @param {number} mask @param {number} size @param {Put} set */
function format(mask, size, set) {
  const value = (LEVEL_L << 3) | mask;
  const bits = ((value << 10) | check(value, 0x537, 10)) ^ 0x5412;
  /** @param {number} i */
  const bit = (i) => (bits >>> i) & 1;
  for (let i = 0; i <= 5; i++) set(8, i, bit(i));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let i = 9; i < 15; i++) set(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) set(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) set(8, size - 15 + i, bit(i));
  set(8, size - 8, 1);
}

/** @param {number[]} codewords @param {Modules} dark @param {Modules} fixed @param {number} size */
function lay(codewords, dark, fixed, size) {
  let i = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    const upward = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step++) {
      const y = upward ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y][x]) continue;
        dark[y][x] = ((codewords[i >>> 3] >>> (7 - (i & 7))) & 1) === 1;
        i++;
      }
    }
  }
}

/** @param {Modules} dark @param {Modules} fixed @param {number} mask @param {number} size @returns {Modules} */
function masked(dark, fixed, mask, size) {
  const flips = MASKS[mask];
  const result = dark.map((row, y) =>
    row.map((on, x) => (fixed[y][x] ? on : on !== (flips(x, y) === 0))),
  );
  format(mask, size, (x, y, on) => (result[y][x] = Boolean(on)));
  return result;
}

/** How hard a code is to read, by the standard's four rules. @param {Modules} modules @returns {number} */
function penalty(modules) {
  const size = modules.length;
  const columns = modules[0].map((_, x) => modules.map((row) => row[x]));
  let sum = 0;
  for (const line of [...modules, ...columns]) {
    const text = line.map(Number).join("");
    for (const run of text.match(/0{5,}|1{5,}/g) || []) sum += run.length - 2;
    for (const finder of ["10111010000", "00001011101"])
      for (let at = text.indexOf(finder); at >= 0; at = text.indexOf(finder, at + 1)) sum += 40;
  }
  let darks = 0;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const on = modules[y][x];
      if (on) darks++;
      if (y && x && on === modules[y - 1][x] && on === modules[y][x - 1] && on === modules[y - 1][x - 1]) sum += 3;
    }
  return sum + 10 * Math.floor(Math.abs((darks * 20) / (size * size) - 10));
}
