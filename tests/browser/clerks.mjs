// The clerks' pages in a real browser, as the people who use them: download the workbook, upload one with a fault, see it, correct it, sign
// with one's own key, keep the receipt; then review and sign it. In Chinese with the mouse, in English with the keyboard. Everybody shows
// a client certificate. `node clerks.mjs URL CHROMIUM OUT FILES`; FILES holds `<person>.pem`, `<person>.key`, `<person>.sign.key` and the
// workbooks. node_modules with playwright-core and axe-core are looked for in WUFEI_TEST_NODE_MODULES, else beside this file.
import { readFileSync } from "node:fs";
import { all, base, called, download, fail, keyboard, look, mouse, person, sign } from "./people.mjs";

called("clerks");

async function report(lang, by) {
  const page = await person("writer");
  await page.goto(`${base}/?lang=${lang}`);
  await look(page, lang, "rounds");
  await download(page, by, 'a[href$="template.xlsx"]', `${lang} template`);
  await by.choose(page, "#book", `${lang}-faulty.xlsx`);
  await Promise.all([page.waitForURL("**/drafts/*"), by.press(page, "form[action='/drafts'] button")]);
  await page.locator(".cell-wrong").first().waitFor();
  if (await page.locator("a.button").count()) fail(lang, "a draft with faults can be signed");
  await look(page, lang, "faults");
  await download(page, by, 'a[href$="marked.xlsx"]', `${lang} marked`);
  if (lang === "zh") {
    await by.choose(page, "#book", "zh-good.xlsx");
    await by.press(page, "form[action$='/replace'] button");
  } else {
    await keyboard.reach(page, ".cell-wrong input");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("61.5");
    await page.keyboard.press("Enter");
  }
  await page.locator("a.button").waitFor();
  await look(page, lang, "understood");
  await Promise.all([page.waitForURL("**/sign"), by.press(page, "a.button")]);
  await page.waitForFunction(() => !document.querySelector("form[data-sign] button").disabled);
  await look(page, lang, "sign");
  await sign(page, by, lang, "writer", "**/submissions/*?new");
  await look(page, lang, "receipt");
  const receipt = JSON.parse(readFileSync(await download(page, by, 'a[href$="receipt.json"]', `${lang} receipt`), "utf8"));
  if (receipt.format !== "wufei.receipt/v1") fail(lang, "the receipt is no receipt");
  await page.goto(`${base}/rounds/2024`);
  await look(page, lang, "round");
  await page.context().close();
}

async function endorse(lang, by, name, index, final) {
  const page = await person(name);
  await page.goto(`${base}/?lang=${lang}`);
  await page.waitForURL("**/submissions");
  await look(page, lang, `waiting-${name}`);
  await Promise.all([page.waitForURL(`**/submissions/${index}`), by.press(page, `a[href="/submissions/${index}"]`)]);
  await Promise.all([page.waitForURL("**/endorse?**"), by.press(page, "form[action$='/endorse'] button")]);
  await page.waitForFunction(() => !document.querySelector("form[data-sign] button").disabled);
  await sign(page, by, lang, name, `**/submissions/${index}`);
  if (!(await page.locator("main").innerText()).includes(final)) fail(`${lang} ${name}`, `not ${final}`);
  await look(page, lang, `endorsed-${name}`);
  await page.context().close();
}

await all(async () => {
  await report("zh", mouse);
  await endorse("zh", mouse, "approver", 0, "待签署");
  await endorse("zh", mouse, "signatory", 0, "已签署定稿");
  await report("en", keyboard);
  await endorse("en", keyboard, "approver", 3, "waits for signature");
}, "reported, reviewed and signed in two languages, by mouse and by keyboard");
