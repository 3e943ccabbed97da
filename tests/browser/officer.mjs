// The lead department's and the evaluator's pages in a real browser: progress of a commitment, acceptance by another person than who
// reported, a scheme from its file to a run. In Chinese with the mouse, in English with the keyboard.
import { all, base, called, fail, keyboard, look, mouse, person, sign } from "./people.mjs";

called("officer");

// A field is filled by the mouse in one go, by the keyboard with what is typed.
async function enter(page, by, selector, text) {
  if (by === keyboard) {
    await keyboard.reach(page, selector);
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
  } else {
    await page.fill(selector, text);
  }
}

const ready = (page) => page.waitForFunction(() => document.querySelector("form[data-sign]") && !document.querySelector("form[data-sign] button").disabled);

async function told(page, lang, where, words) {
  const shown = await page.locator("#faults").innerText();
  if (!shown.includes(words)) fail(`${lang} ${where}`, `the form says: ${shown}`);
}

// Puts a commitment on record, and corrects it.
async function promise(lang, by) {
  const id = `c9-${lang}`;
  const page = await person("lead");
  await page.goto(`${base}/commitments?lang=${lang}`);
  await Promise.all([page.waitForURL("**/commitments/new"), by.press(page, "a[href='/commitments/new']")]);
  await look(page, lang, "new-promise");
  for (const [selector, text] of [["#id", id], ["#sequence", id], ["#text", "建成五个示范点（模拟数据）"], ["#responsible", "测试单位"], ["#indicator", "示范点"]]) {
    await enter(page, by, selector, text);
  }
  await by.press(page, "form.stacked button");
  await told(page, lang, "promise", lang === "zh" ? "量化目标须写全" : "a measurable target");
  await look(page, lang, "faulty-promise");
  await enter(page, by, "#value", "5");
  await page.selectOption("#unit", "个");
  await by.press(page, "form.stacked button");
  await ready(page);
  await look(page, lang, "sign-promise");
  await sign(page, by, lang, "lead", `**/commitments/${id}`);
  await Promise.all([page.waitForURL("**/correction"), by.press(page, "a[href$='/correction']")]);
  await enter(page, by, "#proxy", "示范点的面积");
  await page.selectOption("#reason", "clerical-error");
  await enter(page, by, "#note", "漏填");
  await look(page, lang, "correct-promise");
  await by.press(page, "form.stacked button");
  await ready(page);
  await sign(page, by, lang, "lead", `**/commitments/${id}`);
  if (!(await page.locator("main").innerText()).includes(lang === "zh" ? "第 2 版" : "revision 2")) fail(`${lang} promise`, "no second revision");
  await look(page, lang, "corrected-promise");
  await page.context().close();
}

async function report(lang, by, id) {
  const page = await person("lead");
  await page.goto(`${base}/commitments?lang=${lang}`);
  await look(page, lang, "commitments");
  await Promise.all([page.waitForURL(`**/commitments/${id}`), by.press(page, `a[href='/commitments/${id}']`)]);
  await look(page, lang, "commitment");
  await Promise.all([page.waitForURL("**/progress"), by.press(page, `a[href='/commitments/${id}/progress']`)]);
  await look(page, lang, "new-progress");
  await enter(page, by, "#percent", "160");
  await enter(page, by, "#measured", "6");
  await enter(page, by, "#summary", "已建成六个，其余在建。");
  await enter(page, by, "#title-0", "验收意见（模拟数据）");
  await Promise.all([page.waitForURL("**/progress/sign"), by.press(page, "form.stacked button")]);
  await told(page, lang, "progress", "160");
  await look(page, lang, "faulty-progress");
  await enter(page, by, "#percent", "60");
  await by.press(page, "form.stacked button");
  await ready(page);
  // In the other language and back: nothing of what was entered is lost.
  const other = lang === "zh" ? "en" : "zh-CN";
  await by.press(page, `.languages button[lang='${other}']`);
  await page.waitForFunction((other) => document.documentElement.lang === other, other);
  if (!(await page.locator(".said").innerText()).includes("已建成六个")) fail(`${lang} progress`, "the other language is empty");
  await by.press(page, `.languages button[lang='${lang === "zh" ? "zh-CN" : "en"}']`);
  await page.waitForFunction((other) => document.documentElement.lang !== other, other);
  await ready(page);
  await look(page, lang, "sign-progress");
  await sign(page, by, lang, "lead", `**/commitments/${id}`);
  if ((await page.locator(".light.green").count()) === 0) fail(`${lang} progress`, "the light is not green");
  await look(page, lang, "reported");
  await Promise.all([page.waitForURL("**/entries/*"), by.press(page, "tbody a[href^='/entries/']")]);
  await look(page, lang, "entry");
  await page.context().close();
}

async function accept(lang, by, id, who, taken) {
  const page = await person(who);
  await page.goto(`${base}/commitments/${id}?lang=${lang}`);
  await Promise.all([page.waitForURL("**/acceptance"), by.press(page, `a[href='/commitments/${id}/acceptance']`)]);
  await enter(page, by, "#title-0", "验收意见（模拟数据）");
  await Promise.all([page.waitForURL("**/acceptance/sign"), by.press(page, "form.stacked button")]);
  if (!taken) {
    await told(page, lang, "acceptance", lang === "zh" ? "报送人以外的人认定" : "somebody other than the reporter");
    await look(page, lang, "refused-acceptance");
    return page.context().close();
  }
  await ready(page);
  await look(page, lang, "sign-acceptance");
  await sign(page, by, lang, who, `**/commitments/${id}`);
  if ((await page.locator(".light.blue").count()) === 0) fail(`${lang} acceptance`, "the light is not blue");
  await look(page, lang, "accepted");
  await page.context().close();
}

async function draft(lang, by) {
  const page = await person("evaluator");
  await page.goto(`${base}/runs?lang=${lang}`);
  await Promise.all([page.waitForURL("**/schemes"), by.press(page, "main a[href='/schemes']")]);
  await look(page, lang, "schemes");
  await Promise.all([page.waitForURL("**/schemes/new"), by.press(page, "a[href='/schemes/new']")]);
  await look(page, lang, "new-scheme");
  await by.choose(page, "#file", `${lang}-faulty.yaml`);
  await Promise.all([page.waitForURL("**/schemes/sign"), by.press(page, "form.stacked button")]);
  await told(page, lang, "scheme", "groups");
  await look(page, lang, "faulty-scheme");
  // What was uploaded is in the form and is corrected there.
  const faulty = await page.inputValue("#yaml");
  if (!faulty.includes("weight: 90")) fail(`${lang} scheme`, "the file is not in the form");
  await page.fill("#yaml", faulty.replace("weight: 90", "weight: 100"));
  await by.press(page, "form.stacked button");
  await ready(page);
  await look(page, lang, "sign-scheme");
  await sign(page, by, lang, "evaluator", `**/schemes/small-${lang}@draft`);
  await look(page, lang, "draft");
  await Promise.all([page.waitForURL("**/propose"), by.press(page, "a[href$='/propose']")]);
  await ready(page);
  await look(page, lang, "propose");
  await sign(page, by, lang, "evaluator", `**/schemes/small-${lang}@draft`);
  await page.context().close();
}

async function publish(lang, by) {
  const page = await person("approver");
  await page.goto(`${base}/schemes/small-${lang}@draft?lang=${lang}`);
  await Promise.all([page.waitForURL("**/publish"), by.press(page, "a[href$='/publish']")]);
  await ready(page);
  await sign(page, by, lang, "approver", `**/schemes/small-${lang}`);
  await look(page, lang, "published");
  await page.context().close();
}

async function evaluate(lang, by) {
  const page = await person("evaluator");
  await page.goto(`${base}/schemes/small-${lang}?lang=${lang}`);
  await Promise.all([page.waitForURL("**/runs/new?**"), by.press(page, "a[href^='/runs/new']")]);
  await enter(page, by, "#period", "2024");
  await look(page, lang, "new-run");
  await Promise.all([page.waitForURL("**/runs/new/sign?**"), by.press(page, "form.stacked button")]);
  await ready(page);
  if (!(await page.locator(".said").innerText()).includes(`schemes/small-${lang}`)) fail(`${lang} run`, "by another scheme");
  await look(page, lang, "sign-run");
  await sign(page, by, lang, "evaluator", /\/runs\/[0-9a-f-]{36}$/);
  await page.goto(`${base}/schemes/small-${lang}`);
  if ((await page.locator("a[href^='/runs/'] code").count()) === 0) fail(`${lang} run`, "the scheme does not lead to its run");
  await look(page, lang, "scheme");
  await page.context().close();
}

// What a city asks of the lead department, with its deadlines; who has no part in a case is told so.
async function shared(lang) {
  for (const [who, requests, tickets] of [["lead", 2, 1], ["evaluator", 0, 0]]) {
    const page = await person(who);
    await page.goto(`${base}/catalogue?lang=${lang}`);
    const seen = [await page.locator("#requests tbody tr").count(), await page.locator("#tickets tbody tr").count()];
    if (seen.join() !== [requests, tickets].join()) fail(`${lang} catalogue`, `${who} sees ${seen} cases`);
    await look(page, lang, `catalogue-${who}`);
    await page.context().close();
  }
}

await all(async () => {
  for (const [lang, by, id] of [["zh", mouse, "c1"], ["en", keyboard, "c2"]]) {
    await promise(lang, by);
    await report(lang, by, id);
    await accept(lang, by, id, "lead", false);
    await accept(lang, by, id, "evaluator", true);
    await draft(lang, by);
    await publish(lang, by);
    await evaluate(lang, by);
    await shared(lang);
  }
}, "promised, corrected, reported, refused, accepted, drafted, published and evaluated in two languages, by mouse and by keyboard");
