import assert from "node:assert/strict";
import { test } from "node:test";

import * as form from "../../pro_app/static/patient/form.js";

const WORDING = {
  language: "zh",
  sha256: "ab".repeat(32),
  layout: "item",
  draft_hours: 24,
  choices: [0, 1, 2, 3, 4],
  sections: [
    { code: "ONE", items: ["A1", "A2"] },
    { code: "TWO", items: ["B1"] },
  ],
  opt_outs: [{ code: "Q", before: "A2", items: ["A2"] }],
  texts: {},
};
const START = new Date("2026-04-01T08:00:00+08:00");
const later = (seconds) => new Date(START.getTime() + seconds * 1000);
const begun = () => form.begin("V1", "zh", "1c9c2d0e-0000-4000-8000-000000000001", START);

test("one page for each item, or for each section", () => {
  const single = form.pages(WORDING);
  assert.deepEqual(single.map((page) => page.lines.map((line) => line.code)), [["A1"], ["A2"], ["B1"]]);
  assert.deepEqual(single.map((page) => page.number), [1, 2, 3]);
  assert.equal(single[1].lines[0].box, "Q");
  const sections = form.pages({ ...WORDING, layout: "section" });
  assert.deepEqual(sections.map((page) => page.lines.map((line) => line.number)), [[1, 2], [3]]);
});

test("the place is the first page with something left", () => {
  const sheets = form.pages(WORDING);
  assert.equal(form.place(sheets, {}), 1);
  assert.equal(form.place(sheets, { A1: 0, B1: 2 }), 2);
  assert.equal(form.place(sheets, { A1: 0, A2: "SKIPPED", B1: 2 }), null);
});

test("an answer of nought is an answer", () => {
  assert.deepEqual(form.blanks(form.pages(WORDING)[0], { A1: 0 }), []);
});

test("an answer keeps its language and its times", () => {
  let draft = form.see(begun(), ["A1"], later(3));
  draft = form.answer(draft, { A1: 4 }, later(9));
  draft = form.answer({ ...draft, language: "en" }, { A2: "PREFER_NOT" }, later(20));
  draft = form.see(draft, ["A1"], later(60));
  assert.deepEqual(draft.answers, { A1: 4, A2: "PREFER_NOT" });
  assert.deepEqual(draft.item_languages, { A1: "zh", A2: "en" });
  assert.deepEqual(draft.item_times, { A1: [3, 9], A2: [20, 20] });
  assert.ok(form.ticked(WORDING.opt_outs[0], draft.answers));
  assert.deepEqual(form.answer(draft, { A2: undefined }, later(30)).answers, { A1: 4 });
});

test("a draft expires after its hours and not before", () => {
  assert.equal(form.expired(begun(), 24, later(24 * 3600)), false);
  assert.equal(form.expired(begun(), 24, later(24 * 3600 + 1)), true);
});

const theirs = (answers, revision = 5) => ({
  submission_id: "1c9c2d0e-0000-4000-8000-000000000002",
  started_at: START.toISOString(),
  revision,
  answers,
  item_languages: Object.fromEntries(Object.keys(answers).map((code) => [code, "zh"])),
  item_times: null,
});

test("what only one phone answered is taken from it", () => {
  const mine = form.answer({ ...begun(), base: 1, synced: { A1: 1 }, answers: { A1: 1 } }, { B1: 3 }, later(5));
  const merged = form.merge(mine, theirs({ A1: 2, A2: 0 }));
  assert.deepEqual(merged.answers, { A1: 2, A2: 0, B1: 3 });
  assert.deepEqual(merged.elsewhere, ["A1"], "it stood here as another answer");
  assert.equal(merged.base, 5);
  assert.equal(merged.submission_id, theirs({}).submission_id);
  assert.ok(form.unsaved(merged));
});

test("where both phones answered, this screen's stays and the line is named", () => {
  const mine = form.answer(begun(), { A1: 4, A2: 2 }, later(5));
  const merged = form.merge(mine, theirs({ A1: 0, A2: 2 }));
  assert.deepEqual(merged.answers, { A1: 4, A2: 2 });
  assert.deepEqual(merged.elsewhere, ["A1"]);
});

test("an answer taken back here is not brought back by the server", () => {
  const mine = { ...begun(), base: 1, synced: { A2: "PREFER_NOT" }, answers: {} };
  assert.deepEqual(form.merge(mine, theirs({ A2: "PREFER_NOT" }, 1)).answers, {});
});

test("what the server has is not sent again", () => {
  const draft = form.answer(begun(), { A1: 4 }, later(1));
  assert.ok(form.unsaved(draft));
  assert.ok(!form.unsaved({ ...draft, base: 1, synced: { A1: 4 } }));
});

test("a form is packed as one character for each item, in order", () => {
  let draft = form.answer(begun(), { A1: 0, A2: "PREFER_NOT" }, later(5));
  draft = { ...draft, language: "en" };
  const whole = form.body(draft, WORDING, "ALONE", later(70));
  const clock = { now: later(70), ahead: -60000 };
  const packed = form.pack(whole, WORDING, ["zh", "en"], clock);
  assert.equal(packed.a, "0PN");
  assert.equal(packed.o, "001");
  assert.equal(packed.f, later(10).toISOString(), "by the server's clock");
  assert.equal(packed.t, "5.0,0.0,");
  const skipped = form.answer(begun(), { A1: "SKIPPED" }, later(5));
  const short = form.pack(form.body(skipped, WORDING, "ALONE", START), WORDING, ["zh", "en"], clock);
  assert.equal(short.a, "SNN");
});

test("times are packed as steps, also of lines seen in another order", () => {
  let draft = form.see(begun(), ["A2"], later(40));
  draft = form.answer(draft, { A2: 1 }, later(80));
  draft = form.see(draft, ["A1"], later(90));
  const whole = form.body(draft, WORDING, "ALONE", later(100));
  const packed = form.pack(whole, WORDING, ["zh"], { now: later(100), ahead: 0 });
  assert.equal(packed.t, "2i,-1e.14,");
});
