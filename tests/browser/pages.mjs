// Looks at every page of a running dashboard in a real browser, in both languages, as a person does: with the eyes (screenshots),
// with the keyboard, with a screen reader's rules (axe-core). `node pages.mjs URL CHROMIUM OUT synthetic|letter`; node_modules
// with playwright-core and axe-core are looked for in
// WUFEI_TEST_NODE_MODULES, else beside this file.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { differs, small } from "./compare.mjs";

const require = createRequire(process.env.WUFEI_TEST_NODE_MODULES ? join(process.env.WUFEI_TEST_NODE_MODULES, "/") : import.meta.url);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [base, executablePath, out, dataset] = process.argv.slice(2);
const PAGES = [
  ["overview", "/"],
  ["overview-coverage", "/?colour=coverage"],
  ["matrix", "/matrix"],
  ["matrix-departments", "/matrix?by=department"],
  ["cities", "/cities"],
  ["city", "/cities/140100"],
  ["indicators", "/indicators"],
  ["indicator", "/indicators/ZWC2021-26"],
  ["funding", "/funding"],
  ["commitments", "/commitments"],
  ["commitments-grey", "/commitments?light=grey"],
  ["runs", "/runs"],
  ["run", null],
  ["what-if", null],
  ["value", "/values/item/140100/ZWC2021-26"],
  ["value-score", "/values/score/140100"],
  ["reports", "/reports"],
  ["catalogue", "/catalogue"],
  ["nodes", "/nodes"],
  ["public", "/public"],
  ["not-found", "/no/such/page"],
];
const SERIOUS = ["serious", "critical"];
const failures = [];
const paints = [];
let charts = 0;
const fail = (where, what) => failures.push(`${where}: ${what}`);

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

// Every chart of a page is drawn, and a picture with letters and marks.
async function drawn(page, where) {
  const wanted = await page.locator("figure[data-chart]").count();
  charts += wanted;
  if (!wanted) return;
  try {
    await page.waitForFunction((wanted) => document.querySelectorAll("figure[data-drawn] svg.main-svg").length >= wanted, wanted, { timeout: 20000 });
  } catch {
    return fail(where, "a chart is not drawn");
  }
  const empty = await page.evaluate(() => [...document.querySelectorAll("figure[data-chart]")].filter((figure) => {
    const marks = figure.querySelectorAll(".point path, path.point, .bars path, .lines path");
    return marks.length === 0 || figure.querySelectorAll("text").length === 0 || figure.getBoundingClientRect().height < 200;
  }).length);
  if (empty) fail(where, `${empty} charts are empty`);
}

async function run(page) {
  await page.goto(`${base}/runs`);
  return page.locator("tbody th a").first().getAttribute("href");
}

async function look(page, lang, name, path) {
  const where = `${lang} ${name}`;
  const wrong = [];
  const onConsole = (message) => message.type() === "error" && wrong.push(message.text());
  const onError = (error) => wrong.push(String(error));
  const onRequest = (request) => new URL(request.url()).origin !== new URL(base).origin && wrong.push(`asks ${request.url()}`);
  page.on("console", onConsole).on("pageerror", onError).on("request", onRequest);
  const answer = await page.goto(base + path, { waitUntil: "load" });
  const expected = name === "not-found" ? 404 : 200;
  if (answer.status() !== expected) fail(where, `status ${answer.status()}`);
  // The browser itself reports a page that is not found as an error.
  const errors = wrong.filter((text) => expected === 200 || !text.includes("404"));
  if (errors.length) fail(where, `console: ${errors.join("; ")}`);
  await drawn(page, where);
  const seen = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    wide: document.documentElement.scrollWidth > innerWidth,
    text: document.body.innerText,
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  }));
  if (seen.lang !== (lang === "zh" ? "zh-CN" : "en")) fail(where, `language ${seen.lang}`);
  if (seen.wide) fail(where, "wider than the screen");
  paints.push(seen.paint);
  const marked = seen.text.includes(lang === "zh" ? "模拟数据" : "SYNTHETIC DATA");
  if (marked !== (dataset === "synthetic")) fail(where, `marked as synthetic: ${marked}`);
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  for (const violation of found.violations.filter((violation) => SERIOUS.includes(violation.impact))) {
    fail(where, `axe ${violation.id}: ${violation.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
  }
  await page.screenshot({ path: join(out, `${dataset}-${lang}-${name}.png`), fullPage: true });
  page.off("console", onConsole).off("pageerror", onError).off("request", onRequest);
}

// From the first key to a figure's proof, without a mouse.
async function keyboard(page) {
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("href") ?? document.activeElement.id);
  const until = async (wanted) => {
    for (let key = 0; key < 400; key++) {
      await page.keyboard.press("Tab");
      const at = await focused();
      if (wanted(at ?? "")) {
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        if (outline === "none") fail("keyboard", `the focus at ${at} cannot be seen`);
        return true;
      }
    }
    return false;
  };
  await page.goto(`${base}/`);
  await page.keyboard.press("Tab");
  if ((await focused()) !== "#main") fail("keyboard", "the first key does not reach the skip link");
  await page.keyboard.press("Enter");
  if (!(await until((at) => at === "/cities/140100"))) return fail("keyboard", "Taiyuan is not reached");
  await Promise.all([page.waitForURL("**/cities/140100"), page.keyboard.press("Enter")]);
  if (!(await until((at) => at.startsWith("/values/item/140100/")))) return fail("keyboard", "no source is reached");
  await Promise.all([page.waitForURL("**/values/item/**"), page.keyboard.press("Enter")]);
  const summary = page.locator("summary").first();
  await summary.focus();
  await page.keyboard.press("Enter");
  if (!(await page.locator("pre").first().isVisible())) fail("keyboard", "the proof does not open");
}

// A slider of the what-if is moved; the server answers with another score.
async function whatIf(page, path) {
  await page.goto(base + path);
  await page.selectOption("#indicator", { index: 1 });
  await Promise.all([page.waitForURL("**indicator=ZWC**"), page.locator("#what-if button").click()]);
  await page.locator("#value").focus();
  await Promise.all([page.waitForResponse("**value=**"), page.keyboard.press("End")]);
  await page.locator("#what-if table").waitFor();
  if ((await page.evaluate(() => document.activeElement.id)) !== "value") fail("what-if", "the slider loses the focus");
}

// Under the pointer a chart says the figure as the table prints it; with a name of its legend it shows one city.
async function chart(page) {
  await page.goto(`${base}/indicators/ZWC2021-26?lang=zh`);
  await drawn(page, "chart");
  const bar = page.locator("figure[data-drawn] .bars .point path").first();
  if ((await bar.count()) === 0) return;
  const box = await bar.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const said = await page.locator("figure .hoverlayer text").first().textContent();
  const cells = await page.locator("tbody td.n").allInnerTexts();
  if (!cells.some((cell) => cell && said.endsWith(cell))) fail("chart", `the pointer shows ${said}, which the table does not print`);
  await page.locator("figure .modebar").first().waitFor();
  const picture = page.waitForEvent("download");
  await page.locator("figure a.modebar-btn[data-title*='PNG']").first().click();
  if (!(await picture).suggestedFilename().endsWith(".png")) fail("chart", "no picture of the chart");
}

for (const lang of ["zh", "en"]) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
  const page = await context.newPage();
  await page.goto(`${base}/?lang=${lang}`);
  const path = await run(page);
  for (const [name, fixed] of PAGES) {
    const asked = name === "what-if" ? `${path}?city=140100&indicator=ZWC2021-26&value=60` : path;
    await look(page, lang, name, fixed ?? asked);
  }
  if (lang === "zh") {
    await keyboard(page);
    await whatIf(page, path);
    await chart(page);
  }
  await context.close();
  const reduced = await small(browser);
  const pictures = await reduced.newPage();
  await pictures.goto(`${base}/?lang=${lang}`);
  for (const [name, fixed] of PAGES) {
    const asked = name === "what-if" ? `${path}?city=140100&indicator=ZWC2021-26&value=60` : path;
    await pictures.goto(base + (fixed ?? asked), { waitUntil: "load" });
    await drawn(pictures, `${lang} ${name}`);
    const wrong = await differs(pictures, `${dataset}-${lang}-${name}`, out);
    if (wrong) fail(`${lang} ${name}`, wrong);
  }
  await reduced.close();
}
await browser.close();
// Told, not judged: how fast a page is depends on what else the machine does.
console.log(`slowest first paint of ${paints.length} pages: ${Math.round(Math.max(...paints))} ms`);
if (dataset === "synthetic" && charts === 0) fail("charts", "no page has one");
if (failures.length) {
  console.error(failures.join("\n"));
  process.exit(1);
}
console.log(`${PAGES.length} pages in two languages`);
