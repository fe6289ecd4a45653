import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import * as form from "../../pro_app/static/patient/form.js";
import { Keeper, hospital, newPhone, pro, rows } from "./phone.mjs";

const KEY = Buffer.alloc(32, 1).toString("base64url");
const NOW = new Date();
const ONE = "1c9c2d0e-0000-4000-8000-000000000001";
const TWO = "1c9c2d0e-0000-4000-8000-000000000002";
const begun = (answers, id = ONE) => form.answer(form.begin("V1", "zh", id, NOW), answers, NOW);
const kept = (revision) => [200, { revision }];
const ADDRESS = "/api/drafts/V1";

let vault;
let told;
beforeEach(async () => {
  newPhone();
  vault = await pro.unlock("anna", KEY);
  told = [];
});

/** A page on which a form is filled in; it has met the hospital. */
async function page(draft) {
  const keeper = new Keeper(vault, "V1", (outcome) => told.push(outcome));
  keeper.met({ csrf: "token", ahead: 0 });
  await keeper.load();
  if (draft) {
    await keeper.change(draft);
    clearTimeout(keeper.timer);
  }
  return keeper;
}

const here = () => pro.get(vault, "draft", "V1");
const tap = (keeper, answers) => keeper.change(form.answer(keeper.draft, answers, NOW));
const newer = (answers, revision, id = ONE) => [
  409,
  {
    error: "NEWER",
    draft: {
      submission_id: id,
      started_at: NOW.toISOString(),
      revision,
      answers,
      item_languages: {},
      item_times: {},
    },
  },
];

test("a tap is kept on the phone at once, and another page goes on from there", async () => {
  await page(begun({ A1: 0 }));
  assert.deepEqual((await here()).answers, { A1: 0 });
  assert.deepEqual((await page()).draft.answers, { A1: 0 });
});

test("a browser that keeps nothing fills in all the same, and sends", async () => {
  vault = null;
  const keeper = await page(begun({ A1: 0 }));
  assert.deepEqual(rows(), []);
  hospital({ [ADDRESS]: kept(1) });
  assert.equal(await keeper.sync(), "kept");
  await keeper.drop();
});

test("taps that follow each other quickly go to the hospital together", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = hospital({ [ADDRESS]: kept(1) });
  const keeper = await page();
  await keeper.change(begun({ A1: 0 }));
  t.mock.timers.tick(1000);
  await tap(keeper, { A2: 1 });
  t.mock.timers.tick(1199);
  assert.equal(asked.length, 0);
  t.mock.timers.tick(1);
  await keeper.sending;
  assert.deepEqual(asked.map((each) => each.sent.answers), [{ A1: 0, A2: 1 }]);
});

test("the hospital gets the draft and what it is a change of", async () => {
  const asked = hospital({ [ADDRESS]: kept(3) });
  const keeper = await page(begun({ A1: 0 }));
  assert.equal(await keeper.sync(), "kept");
  await tap(keeper, { A2: 1 });
  await keeper.sync();
  const [first, second] = asked.map((each) => each.sent);
  assert.deepEqual([first.base, second.base], [0, 3]);
  const { submission_id, answers, item_languages, language, started_at } = second;
  assert.deepEqual([submission_id, language, started_at], [ONE, "zh", NOW.toISOString()]);
  assert.deepEqual([answers, item_languages], [{ A1: 0, A2: 1 }, { A1: "zh", A2: "zh" }]);
  assert.deepEqual(Object.keys(second.item_times), ["A1", "A2"]);
  assert.ok(Math.abs(Date.parse(second.device_at) - Date.now()) < 5000);
  assert.equal(asked[0].headers["X-CSRFToken"], "token");
  assert.deepEqual(told, [], "what went well needs no word");
});

test("what the hospital has is not sent again, also by the next page", async () => {
  const asked = hospital({ [ADDRESS]: kept(1) });
  const keeper = await page(begun({ A1: 0 }));
  await keeper.sync();
  assert.equal(await keeper.sync(), "kept");
  assert.equal(await (await page()).sync(), "kept");
  assert.equal(asked.length, 1);
});

test("a tap while the message is on its way is still to be sent", async () => {
  const asked = hospital({
    [ADDRESS]: async () => {
      if (asked.length === 1) await tap(keeper, { A2: 1 });
      return kept(asked.length);
    },
  });
  const keeper = await page(begun({ A1: 0 }));
  await keeper.sync();
  assert.deepEqual(keeper.draft.answers, { A1: 0, A2: 1 });
  assert.ok(form.unsaved(keeper.draft));
  await keeper.sync();
  clearTimeout(keeper.timer);
  assert.deepEqual(asked[1].sent.answers, { A1: 0, A2: 1 });
  assert.equal(asked[1].sent.base, 1);
});

test("two messages of one page never overtake each other", async () => {
  let there = 0;
  let most = 0;
  const asked = hospital({
    [ADDRESS]: async () => {
      most = Math.max(most, ++there);
      await new Promise((resolve) => setTimeout(resolve, 5));
      there--;
      return kept(asked.length);
    },
  });
  const keeper = await page(begun({ A1: 0 }));
  const first = keeper.sync();
  await tap(keeper, { A2: 1 });
  await Promise.all([first, keeper.sync()]);
  assert.deepEqual([asked.length, most], [2, 1]);
});

test("what another phone has answered is taken in, and both sides' answers are sent", async () => {
  const asked = hospital({
    [ADDRESS]: () => (asked.length === 1 ? newer({ A1: 4, B1: 3 }, 7, TWO) : kept(8)),
  });
  const keeper = await page(begun({ A1: 0 }));
  assert.equal(await keeper.sync(), "kept");
  assert.deepEqual(asked[1].sent.answers, { A1: 0, B1: 3 });
  assert.deepEqual([asked[1].sent.base, asked[1].sent.submission_id], [7, TWO]);
  assert.deepEqual(keeper.draft.elsewhere, ["A1"]);
  assert.deepEqual((await here()).answers, { A1: 0, B1: 3 });
  assert.deepEqual(told, ["kept"], "the page draws what came");
});

test("a draft that changes elsewhere again and again is left for later after three tries", async () => {
  const asked = hospital({ [ADDRESS]: () => newer({ B1: asked.length }, asked.length) });
  const keeper = await page(begun({ A1: 0 }));
  assert.equal(await keeper.sync(), "offline");
  assert.equal(asked.length, 3);
});

test("a draft of the hospital's began by its clock, not by this phone's", async () => {
  const keeper = await page();
  keeper.met({ csrf: "token", ahead: 60000 });
  const started_at = "2026-04-01T00:01:00.000Z";
  assert.equal(keeper.here({ started_at }).started_at, "2026-04-01T00:00:00.000Z");
});

for (const [outcome, status, error] of [
  ["signed_out", 401],
  ["not_open", 409, "CLOSED"],
  ["received", 409, "RECEIVED"],
  ["expired", 410],
  ["refused", 422],
  ["offline", 503],
]) {
  test(`the hospital's ${status} ${error || ""} is told as ${outcome}, and the draft stays`, async () => {
    const asked = hospital({ [ADDRESS]: [status, { error, submission_id: TWO }] });
    const keeper = await page(begun({ A1: 0 }));
    assert.equal(await keeper.sync(), outcome);
    assert.deepEqual([told, asked.length], [[outcome], 1]);
    assert.equal(keeper.receivedAs, outcome === "received" ? TWO : "");
    assert.deepEqual((await here()).answers, { A1: 0 });
    assert.ok(form.unsaved(keeper.draft));
  });
}

test("without a network, or before the hospital was met, the draft waits", async () => {
  const keeper = await page(begun({ A1: 0 }));
  assert.equal(await keeper.sync(), "offline");
  const asked = hospital({ [ADDRESS]: kept(1) });
  keeper.csrf = "";
  assert.equal(await keeper.sync(), "offline");
  assert.equal(asked.length, 0);
  keeper.csrf = "token";
  assert.equal(await keeper.sync(), "kept");
});

test("a page that has not met the hospital takes its clock for the hospital's and sends nothing", async () => {
  const asked = hospital({ [ADDRESS]: kept(1) });
  const keeper = new Keeper(vault, "V1", (outcome) => told.push(outcome));
  const started_at = "2026-04-01T00:00:00.000Z";
  assert.equal(keeper.here({ started_at }).started_at, started_at);
  await keeper.change(begun({ A1: 0 }));
  assert.equal(await keeper.sync(), "offline");
  assert.deepEqual([asked, keeper.receivedAs], [[], ""]);
});

test("a page without a draft has nothing to send", async () => {
  const asked = hospital({ [ADDRESS]: kept(1) });
  assert.equal(await (await page()).sync(), "kept");
  assert.equal(asked.length, 0);
});

test("a form that was handed in leaves no draft, though one was just being written", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = hospital({ [ADDRESS]: kept(1) });
  const keeper = await page(begun({ A1: 0 }));
  tap(keeper, { A2: 1 });
  await keeper.drop();
  assert.deepEqual([keeper.draft, rows()], [null, []]);
  tap(Object.assign(keeper, { draft: begun({ A1: 0 }) }), { A2: 1 });
  await keeper.drop();
  t.mock.timers.tick(60000);
  assert.equal(asked.length, 0, "nor is it sent later");
});

test("a late word of the hospital brings no draft back that was dropped", async () => {
  hospital({
    [ADDRESS]: async () => {
      await keeper.drop();
      return kept(1);
    },
  });
  const keeper = await page(begun({ A1: 0 }));
  assert.equal(await keeper.sync(), "kept");
  assert.deepEqual([keeper.draft, rows()], [null, []]);
});

test("a word about a draft that was begun anew meanwhile is not taken for the new one", async () => {
  const asked = hospital({
    [ADDRESS]: async () => {
      if (asked.length === 1) {
        await keeper.change(begun({ B1: 2 }, TWO));
        clearTimeout(keeper.timer);
        return [410, {}];
      }
      return kept(1);
    },
  });
  const keeper = await page(begun({ A1: 0 }));
  assert.equal(await keeper.sync(), "kept");
  assert.deepEqual(asked.map((each) => each.sent.submission_id), [ONE, TWO]);
});

test("what another tab has kept is taken in before this one writes over it", async () => {
  hospital({ [ADDRESS]: kept(1) });
  const one = await page(begun({ A1: 0 }));
  await one.sync();
  const other = await page();
  await tap(other, { B1: 3 });
  clearTimeout(other.timer);
  await tap(one, { A2: 1 });
  clearTimeout(one.timer);
  assert.deepEqual((await here()).answers, { A1: 0, A2: 1, B1: 3 });
  assert.deepEqual(one.draft.elsewhere, [], "only this tab had answered nothing there");
  assert.deepEqual(told, ["kept"], "the page draws what came");
  assert.deepEqual(one.draft.synced, { A1: 0 });
  assert.equal(await one.look(), false, "there is nothing new any more");
});

test("an answer that another tab took back is not brought back by this one", async () => {
  const one = await page(begun({ A1: 0, A2: 1 }));
  const other = await page();
  await tap(other, { A2: undefined });
  await tap(one, { B1: 3 });
  clearTimeout(one.timer);
  clearTimeout(other.timer);
  assert.deepEqual((await here()).answers, { A1: 0, B1: 3 });
});

test("a store that fails once does not stop the next writing", async (t) => {
  t.mock.method(console, "warn", () => {});
  const keeper = await page(begun({ A1: 0 }));
  const store = self.indexedDB;
  self.indexedDB = { open: () => { throw new Error("full"); } };
  await tap(keeper, { A2: 1 });
  self.indexedDB = store;
  await tap(keeper, { B1: 2 });
  clearTimeout(keeper.timer);
  assert.deepEqual((await here()).answers, { A1: 0, A2: 1, B1: 2 });
});
