import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { hospital, newPhone, pagesOf, pro, rows } from "./phone.mjs";

const KEY = Buffer.alloc(32, 1).toString("base64url");
const OTHERS = Buffer.alloc(32, 0xfb).toString("base64url");
const HOUR = 3600 * 1000;
const now = new Date().toISOString();
const phoneOf = (owner, key = KEY) => [200, { owner, key, csrf: "token", now }];
const kinds = () => rows().map((row) => row.kind).sort();

beforeEach(newPhone);

/** What the row says of itself changes, as if it had come about so. */
function age(id, ms, more = {}) {
  const [row] = rows().filter((each) => each.id === id);
  self.indexedDB.stores.get("kept").set(row.name, { ...row, at: row.at - ms, ...more });
}

test("what was kept comes back to its owner and to nobody else", async () => {
  const anna = await pro.unlock("anna", KEY);
  await pro.put(anna, "draft", "V1", { A1: 0 });
  assert.deepEqual(await pro.get(anna, "draft", "V1"), { A1: 0 });
  assert.equal(await pro.get(anna, "draft", "V2"), null);
  // Even with the very same key.
  assert.equal(await pro.get({ ...anna, owner: "other" }, "draft", "V1"), null);
  await pro.remove("draft", "V1");
  assert.equal(await pro.get(anna, "draft", "V1"), null);
});

test("nothing of a value lies open, and no row can be read under another's name", async () => {
  const anna = await pro.unlock("anna", KEY);
  await pro.put(anna, "draft", "V1", { said: "secret" });
  const [row] = rows();
  assert.ok(!Buffer.from(row.data).toString("latin1").includes("secret"));
  self.indexedDB.stores.get("kept").set("draft/V2", { ...row, name: "draft/V2", id: "V2" });
  assert.equal(await pro.get(anna, "draft", "V2"), null);
});

test("no two values are sealed alike, and the key can't be read out", async () => {
  const anna = await pro.unlock("anna", KEY);
  await pro.put(anna, "draft", "V1", 1);
  const [{ iv }] = rows();
  await pro.put(anna, "draft", "V1", 1);
  assert.notDeepEqual(rows()[0].iv, iv);
  assert.equal(anna.key.extractable, false);
});

test("who signs in finds their own things; of anybody else only what was handed in stays", async () => {
  const anna = await pro.unlock("anna", KEY);
  await pro.put(anna, "draft", "V1", {});
  await pro.handIn(anna, "1", {}, {});
  await pro.unlock("anna", KEY);
  assert.deepEqual(kinds(), ["draft", "sent"]);
  const other = await pro.unlock("other", OTHERS);
  assert.deepEqual(kinds(), ["sent"]);
  assert.deepEqual((await pro.unlocked()).owner, "other");
  assert.equal(await pro.get(other, "sent", "1"), null);
  assert.equal((await pro.waiting("other")).length, 0);
  assert.equal((await pro.waiting("anna")).length, 1);
  assert.equal((await pro.waiting()).length, 1);
});

test("signing out takes the key and all but what was handed in", async () => {
  const anna = await pro.unlock("anna", KEY);
  await pro.put(anna, "draft", "V1", {});
  await pro.put(anna, "receipt", "0", {});
  await pro.handIn(anna, "1", {}, {});
  await pro.lock();
  assert.deepEqual(kinds(), ["sent"]);
  assert.ok(!(await pro.unlocked()));
});

test("the vault is shut while the pages are another's, and open to the worker, which has none", async () => {
  await pro.unlock("anna", KEY);
  assert.equal((await pro.unlocked()).owner, "anna");
  for (const [owner, open] of [["anna", true], ["other", false], ["nobody", false], ["", true]]) {
    pagesOf(owner);
    assert.equal(Boolean(await pro.unlocked()), open, owner);
  }
});

test("a draft that nobody has touched for its hours goes, and nothing else", async () => {
  const anna = await pro.unlock("anna", KEY);
  for (const id of ["old", "new"]) await pro.put(anna, "draft", id, {});
  await pro.put(anna, "receipt", "1", {});
  await pro.handIn(anna, "2", {}, {});
  age("old", 24 * HOUR + 5000);
  age("new", 24 * HOUR - 5000);
  age("1", 25 * HOUR);
  age("2", 25 * HOUR);
  await pro.tidy(24);
  assert.deepEqual(rows().map((row) => row.id).sort(), ["1", "2", "new"]);
});

test("what waits is sent in the order in which it was handed in", async () => {
  const anna = await pro.unlock("anna", KEY);
  for (const id of ["1", "2", "3"]) await pro.handIn(anna, id, {}, {});
  age("1", 1000);
  age("2", 3000);
  age("3", 2000);
  assert.deepEqual((await pro.waiting()).map((row) => row.id), ["2", "3", "1"]);
});

test("the code that a nurse may fetch holds the form for the hospital alone", async () => {
  const anna = await pro.unlock("anna", OTHERS);
  const packed = { v: "V1", a: "?>ÿ".repeat(9) };
  await pro.handIn(anna, "7", { visit: "V1" }, packed);
  const [start, owner, id, sealed, ...more] = rows()[0].code.split(".");
  assert.deepEqual([start, owner, id, more], ["PRO1", "anna", "7", []]);
  assert.match(sealed, /^[\w-]+$/);
  const whole = Buffer.from(sealed, "base64url");
  const way = { name: "AES-GCM", iv: whole.subarray(0, 12), additionalData: Buffer.from("PRO1.anna.7") };
  const plain = await crypto.subtle.decrypt(way, anna.key, whole.subarray(12));
  assert.deepEqual(JSON.parse(Buffer.from(plain).toString()), packed);
  assert.deepEqual(await pro.get(anna, "sent", "7"), { visit: "V1" });
});

test("the hospital says whose the phone is, and what time it is there", async () => {
  const there = new Date(Date.now() + HOUR).toISOString();
  hospital({ "/api/phone": [200, { owner: "anna", key: KEY, csrf: "token", now: there }] });
  const { outcome, phone, vault } = await pro.hello();
  assert.deepEqual([outcome, vault.owner, phone.csrf], ["sent", "anna", "token"]);
  assert.ok(Math.abs(phone.ahead - HOUR) < 5000);
  assert.equal((await pro.unlocked()).owner, "anna");
});

test("a hospital that does not know the phone, can't answer or is not reached is told apart", async () => {
  assert.equal((await pro.hello()).outcome, "offline");
  hospital({ "/api/phone": [401, {}] });
  assert.equal((await pro.hello()).outcome, "signed_out");
  hospital({ "/api/phone": [503, {}] });
  assert.equal((await pro.hello()).outcome, "busy");
});

test("a word to somebody who has signed out meanwhile opens nothing", async () => {
  hospital({ "/api/phone": phoneOf("anna") });
  pagesOf("nobody");
  assert.deepEqual(await pro.hello(), { outcome: "signed_out" });
  pagesOf("anna");
  assert.equal((await pro.hello()).outcome, "sent");
});

test("where there is no key to keep by, nothing is kept", async () => {
  hospital({ "/api/phone": [200, { owner: "anna", key: null, now }] });
  const { outcome, vault } = await pro.hello();
  assert.deepEqual([outcome, vault, rows()], ["sent", null, []]);
  self.indexedDB = undefined;
  hospital({ "/api/phone": phoneOf("anna") });
  assert.equal((await pro.hello()).vault, null);
  assert.equal(await pro.unlocked(), null);
  assert.deepEqual(await pro.waiting(), []);
  await pro.lock();
});

/** Anna's phone with these forms, before a hospital that answers them so. */
async function waits(...answers) {
  const anna = await pro.unlock("anna", KEY);
  const said = { "/api/phone": phoneOf("anna") };
  for (const [n, answer] of answers.entries()) {
    await pro.handIn(anna, `${n}`, { visit: `V${n}` }, {});
    age(`${n}`, 1000 - n);
    said[`/api/forms/${n}`] = answer;
  }
  return { anna, asked: hospital(said) };
}
const forms = (asked) => asked.filter((each) => each.path.startsWith("/api/forms/"));

test("a form leaves the phone once the hospital has it, and its receipt stays", async () => {
  process.env.TZ = "Asia/Shanghai";
  const { anna, asked } = await waits([201, { number: "R0" }], [200, { number: "R1" }]);
  const { outcome, receipts } = await pro.send();
  assert.equal(outcome, "sent");
  assert.deepEqual(receipts, [{ number: "R0" }, { number: "R1" }]);
  assert.deepEqual(kinds(), ["receipt", "receipt"]);
  assert.deepEqual(await pro.get(anna, "receipt", "1"), { number: "R1" });
  const [first] = forms(asked);
  assert.equal(first.headers["X-CSRFToken"], "token");
  assert.equal(first.sent.visit, "V0");
  assert.equal(first.sent.device_offset_minutes, 480, "minutes before Greenwich are behind it");
  assert.ok(Math.abs(Date.parse(first.sent.device_at) - Date.now()) < 5000);
});

test("a phone on which nothing waits asks for nothing", async () => {
  const { asked } = await waits();
  assert.deepEqual(await pro.send(), { outcome: "sent", receipts: [] });
  assert.deepEqual(asked, []);
});

test("a form that is refused stays, is not sent again at once, and holds up no other", async () => {
  for (const status of [409, 422]) {
    newPhone();
    const { asked } = await waits([status, { error: "CLOSED" }], [201, {}]);
    assert.deepEqual(await pro.send(), { outcome: "sent", receipts: [{}] });
    const [row] = await pro.waiting();
    assert.deepEqual([row.id, row.refused.error], ["0", "CLOSED"]);
    await pro.send();
    assert.equal(forms(asked).length, 2);
    age("0", 0, { refused: { error: "CLOSED", at: Date.now() - HOUR + 5000 } });
    await pro.send();
    assert.equal(forms(asked).length, 2, "nor within the hour");
    age("0", 0, { refused: { error: "CLOSED", at: Date.now() - HOUR - 1000 } });
    await pro.send();
    assert.equal(forms(asked).length, 3, "an hour later it is offered again");
  }
});

test("a refusal without words is one too", async () => {
  await waits([409, null]);
  await pro.send();
  assert.equal((await pro.waiting())[0].refused.error, "");
});

test("a hospital that can't take a form now finds it here later", async () => {
  for (const [status, outcome] of [[401, "signed_out"], [500, "busy"], [503, "busy"]]) {
    newPhone();
    const { asked } = await waits([status, {}], [201, {}]);
    assert.deepEqual(await pro.send(), { outcome, receipts: [] });
    assert.deepEqual(kinds(), ["sent", "sent"]);
    assert.equal(forms(asked).length, 1);
    assert.equal(rows()[0].refused, undefined);
  }
});

test("a network that breaks while forms are sent loses none, not even the receipts so far", async () => {
  const broken = () => {
    throw new TypeError("network");
  };
  await waits([201, { number: "R0" }], broken);
  assert.deepEqual(await pro.send(), { outcome: "offline", receipts: [{ number: "R0" }] });
  assert.deepEqual(kinds(), ["receipt", "sent"]);
  newPhone();
  await waits([201, {}]);
  hospital({ "/api/phone": [503, {}] });
  assert.deepEqual(await pro.send(), { outcome: "busy", receipts: [] });
  assert.deepEqual(kinds(), ["sent"]);
});

test("another patient on the phone sends nothing of the first", async () => {
  await waits([201, {}]);
  const asked = hospital({ "/api/phone": phoneOf("other", OTHERS) });
  assert.deepEqual(await pro.send(), { outcome: "other_owner", receipts: [] });
  assert.deepEqual([kinds(), forms(asked)], [["sent"], []]);
});

test("a form that can't be read any more stays and holds up no other", async () => {
  await waits([201, {}], [201, {}]);
  age("0", 0, { data: new ArrayBuffer(40) });
  const { receipts } = await pro.send();
  assert.equal(receipts.length, 1);
  assert.deepEqual((await pro.waiting()).map((row) => row.id), ["0"]);
});

test("a request that never ends is given up after twenty seconds", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let given = false;
  self.fetch = (path, { signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        given = true;
        reject(signal.reason);
      });
    });
  const asking = pro.ask("/api/phone");
  t.mock.timers.tick(19999);
  assert.equal(given, false);
  t.mock.timers.tick(1);
  await assert.rejects(asking);
});

test("a store that does not answer, or can't be had, is no store", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  self.indexedDB = { open: () => ({}) };
  const never = pro.unlocked();
  let given = false;
  never.catch(() => (given = true));
  t.mock.timers.tick(3999);
  await new Promise(setImmediate);
  assert.equal(given, false);
  t.mock.timers.tick(1);
  await assert.rejects(never, /does not answer/);
  for (const event of ["onerror", "onblocked"]) {
    self.indexedDB = {
      open() {
        const opening = { error: new Error("no store") };
        setImmediate(() => opening[event]());
        return opening;
      },
    };
    await assert.rejects(pro.unlocked());
  }
});
