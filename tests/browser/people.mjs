// What the scripts of people in a browser share: who shows which certificate, what each page is held to, the mouse and the keyboard,
// signing. `node SCRIPT URL CHROMIUM OUT FILES`; FILES holds `<person>.pem`, `<person>.key`, `<person>.sign.key`. node_modules with
// playwright-core and axe-core are looked for in WUFEI_TEST_NODE_MODULES, else beside this file.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(process.env.WUFEI_TEST_NODE_MODULES ? join(process.env.WUFEI_TEST_NODE_MODULES, "/") : import.meta.url);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const [base, executablePath, out, files] = process.argv.slice(2);
// What the pictures of a script are called.
let prefix = "page";
export const called = (name) => { prefix = name; };
const SERIOUS = ["serious", "critical"];
export const failures = [];
export const fail = (where, what) => failures.push(`${where}: ${what}`);
export const file = (name) => join(files, name);

mkdirSync(out, { recursive: true });
export const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

export async function person(name) {
  const clientCertificates = [{ origin: base, certPath: file(`${name}.pem`), keyPath: file(`${name}.key`) }];
  const viewport = { width: 1366, height: 768 };
  const context = await browser.newContext({ viewport, clientCertificates, ignoreHTTPSErrors: true, acceptDownloads: true });
  const page = await context.newPage();
  // A form that comes back with its faults has the status 422, which Chromium notes by itself.
  const note = (message) => message.text().includes("status of 422");
  page.on("console", (message) => message.type() === "error" && !note(message) && fail(page.url(), `console: ${message.text()}`));
  page.on("pageerror", (error) => fail(page.url(), String(error)));
  page.on("request", (request) => new URL(request.url()).origin !== new URL(base).origin && fail(page.url(), `asks ${request.url()}`));
  // A listener that stays: with one for each choice, the key may come before the browser is told that somebody listens.
  page.on("filechooser", () => {});
  page.setDefaultTimeout(30000);
  return page;
}

export async function look(page, lang, name) {
  const where = `${lang} ${name}`;
  const seen = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    wide: document.documentElement.scrollWidth > innerWidth,
  }));
  if (seen.lang !== (lang === "zh" ? "zh-CN" : "en")) fail(where, `language ${seen.lang}`);
  if (seen.wide) fail(where, "wider than the screen");
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  for (const violation of found.violations.filter((violation) => SERIOUS.includes(violation.impact))) {
    fail(where, `axe ${violation.id}: ${violation.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
  }
  await page.screenshot({ path: join(out, `${prefix}-${lang}-${name}.png`), fullPage: true });
}

// Two ways to do the same: the mouse clicks, the keyboard goes there with the tab key and presses enter.
export const mouse = {
  press: (page, selector) => page.locator(selector).first().click(),
  choose: (page, selector, name) => page.setInputFiles(selector, file(name)),
};
export const keyboard = {
  async reach(page, selector) {
    for (let key = 0; key < 300; key++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate((selector) => {
        const focused = document.activeElement;
        return focused?.matches(selector) ? getComputedStyle(focused).outlineStyle : null;
      }, selector);
      if (at === "none") fail("keyboard", `the focus at ${selector} cannot be seen`);
      if (at) return;
    }
    throw new Error(`the keyboard does not reach ${selector} on ${page.url()}`);
  },
  async press(page, selector) {
    await keyboard.reach(page, selector);
    await page.keyboard.press("Enter");
  },
  async choose(page, selector, name) {
    await keyboard.reach(page, selector);
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
    await chooser.setFiles(file(name));
  },
};

export async function download(page, by, selector, where) {
  const [got] = await Promise.all([page.waitForEvent("download"), by.press(page, selector)]);
  const path = join(out, got.suggestedFilename());
  await got.saveAs(path);
  if (statSync(path).size < 100) fail(where, `${got.suggestedFilename()} is empty`);
  return path;
}

export async function sign(page, by, lang, name, url) {
  // A key of another kind is told, and nothing is sent.
  await by.choose(page, "#key", `${name}.key`);
  await by.press(page, "form[data-sign] button");
  await page.waitForFunction(() => document.querySelector("[data-status]").textContent.includes("Ed25519"));
  await by.choose(page, "#key", `${name}.sign.key`);
  const sent = page.waitForRequest((request) => request.method() === "POST");
  await Promise.all([page.waitForURL(url), by.press(page, "form[data-sign] button")]);
  const body = (await sent).postDataBuffer()?.toString("utf8") ?? "";
  const secret = readFileSync(file(`${name}.sign.key`), "utf8").split("\n")[1];
  if (body.includes(secret) || body.includes("PRIVATE KEY")) fail(`${lang} sign`, "the private key was sent");
  if (!body.includes("wufei.signed/v1")) fail(`${lang} sign`, "no signature was sent");
}

// Does the work, and ends the program with what was wrong.
export async function all(work, done) {
  try {
    await work();
  } catch (error) {
    fail("the whole", error.stack);
  }
  await browser.close();
  if (failures.length) {
    console.error(failures.join("\n"));
    process.exit(1);
  }
  console.log(done);
}
