// The evaluator's pages in a real browser: write a chapter and edit it, start an evaluation, make an edition, download it. In Chinese with
// the mouse, in English with the keyboard.
import { statSync } from "node:fs";
import { all, base, called, download, fail, keyboard, look, mouse, person, sign } from "./people.mjs";

called("evaluator");

async function write(lang, by, address, text) {
  const page = await person("evaluator");
  await page.goto(`${base}${address}?lang=${lang}`);
  await look(page, lang, address === "/texts/new" ? "new-text" : "text");
  if (address === "/texts/new") {
    await page.fill("#id", "practice");
    await page.fill("#period", "2024");
    await page.selectOption("#chapter", "experience");
  }
  if (by === keyboard) {
    await keyboard.reach(page, "#text");
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
  } else {
    await page.fill("#text", text);
  }
  await Promise.all([page.waitForURL("**/texts/sign"), by.press(page, "form[action='/texts/sign'] button")]);
  await page.waitForFunction(() => !document.querySelector("form[data-sign] button").disabled);
  await look(page, lang, "sign-text");
  const file = await download(page, by, "a[download]", `${lang} to sign`);
  if (statSync(file).size < 100) fail(lang, "the file to sign is empty");
  await sign(page, by, lang, "evaluator", "**/texts/practice");
  const shown = await page.locator("main").innerText();
  if (!text.split("\n").every((line) => shown.includes(line))) fail(lang, "the text is not shown");
  await look(page, lang, "written");
  await page.context().close();
}

async function evaluate(lang, by) {
  const page = await person("evaluator");
  await page.goto(`${base}/runs?lang=${lang}`);
  await look(page, lang, "runs");
  await Promise.all([page.waitForURL("**/runs/new"), by.press(page, "a.button")]);
  await page.fill("#period", "2024");
  await look(page, lang, "new-run");
  await Promise.all([page.waitForURL("**/runs/new/sign?**"), by.press(page, "form[action='/runs/new/sign'] button")]);
  await page.waitForFunction(() => !document.querySelector("form[data-sign] button").disabled);
  await look(page, lang, "sign-run");
  await sign(page, by, lang, "evaluator", /\/runs\/[0-9a-f-]{36}$/);
  const address = page.url();
  // The run is short; its page says so as soon as it has ended.
  for (let tries = 0; tries < 100 && (await page.locator("main table").count()) === 0; tries++) await page.goto(address);
  await look(page, lang, "run");
  await page.context().close();
}

async function publish(lang, by, edition) {
  const page = await person("evaluator");
  await page.goto(`${base}/reports?lang=${lang}`);
  await Promise.all([page.waitForURL("**/reports/new"), by.press(page, "a.button")]);
  await look(page, lang, "new-report");
  await Promise.all([page.waitForURL("**/reports/new/sign?**"), by.press(page, "form[action='/reports/new/sign'] button")]);
  await page.waitForFunction(() => !document.querySelector("form[data-sign] button").disabled);
  await look(page, lang, "sign-report");
  await sign(page, by, lang, "evaluator", "**/reports");
  await look(page, lang, "reports");
  await download(page, by, `a[href='/reports/edition-${edition}/report.json']`, `${lang} report`);
  await page.goto(`${base}/reports/edition-${edition}`);
  if (!(await page.locator("#c5").innerText()).includes("联席会议")) fail(lang, "the edition does not print the chapter");
  await page.context().close();
}

await all(async () => {
  await write("zh", mouse, "/texts/new", "部门联席会议按季召开。\n数据由各部门签名报送。");
  await evaluate("zh", mouse);
  await publish("zh", mouse, 1);
  await write("en", keyboard, "/texts/practice", "部门联席会议按月召开。");
  await evaluate("en", keyboard);
  await publish("en", keyboard, 2);
}, "written, evaluated, published and downloaded in two languages, by mouse and by keyboard");
