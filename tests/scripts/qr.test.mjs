import assert from "node:assert/strict";
import { test } from "node:test";

import { COMFORTABLE, parts, path, qr } from "../../pro_app/static/patient/qr.js";

test("the smallest version that holds the text is taken", () => {
  assert.equal(qr("a".repeat(17)).length, 21);
  assert.equal(qr("a".repeat(18)).length, 25);
  assert.equal(qr("a".repeat(858)).length, 97);
  assert.throws(() => qr("a".repeat(859)), RangeError);
});

test("bytes count, not letters", () => {
  assert.equal(qr("医".repeat(6)).length, 25);
});

test("a long text comes in numbered parts that give it back", () => {
  const text = "x".repeat(COMFORTABLE) + "y".repeat(COMFORTABLE);
  const found = parts(text, "1c9c2d0e-0000");
  assert.ok(found.length > 1);
  assert.ok(found.every((part) => part.length <= COMFORTABLE));
  const whole = found.map((part, i) => {
    const head = `PRO1/${i + 1}/${found.length}/1c9c2d0e/`;
    assert.ok(part.startsWith(head));
    return part.slice(head.length);
  });
  assert.equal(whole.join(""), text);
  assert.deepEqual(parts("short", "1c9c2d0e"), ["short"]);
});

test("the path draws runs of dark modules", () => {
  assert.equal(path([[true, true, false], [false, false, true]], 4), "M4 4h2v1h-2zM6 5h1v1h-1z");
});
