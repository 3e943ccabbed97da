// Pictures beside earlier ones: `tests/browser/expected/NAME.png`. With WUFEI_UPDATE_SCREENSHOTS set they are written anew instead; look
// at them before they are committed. Pictures are a third of the size and end after the first rows of a long table, so that a whole set is
// small.
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(process.env.WUFEI_TEST_NODE_MODULES ? join(process.env.WUFEI_TEST_NODE_MODULES, "/") : import.meta.url);
const { PNG } = require("pngjs");
const { default: pixelmatch } = await import(pathToFileURL(require.resolve("pixelmatch")));
const EXPECTED = join(dirname(fileURLToPath(import.meta.url)), "expected");
const update = Boolean(process.env.WUFEI_UPDATE_SCREENSHOTS);
// What is another each time: digests, addresses of nodes, days.
const OTHER_EACH_TIME = "code, pre, .facts dd, .each-time";
// A line that moves changes more than this; a day or a light that is another changes less.
const MOST = 0.015;
// How different a pixel may be before it counts (YIQ, 0 to 1): letters are smoothed a little differently by each version of a browser.
const THRESHOLD = 0.2;

// As far as a picture goes, in CSS pixels.
const HEIGHT = 1500;

// A page that draws at a third of the size.
export const small = (browser) => browser.newContext({ viewport: { width: 1366, height: 768 }, deviceScaleFactor: 1 / 3 });

// What is wrong with a picture of a page that has been opened by `small`; nothing when it looks as before.
export async function differs(page, name, out) {
  const mask = [page.locator(OTHER_EACH_TIME)];
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const clip = { x: 0, y: 0, width: 1366, height: Math.min(height, HEIGHT) };
  const bytes = await page.screenshot({ fullPage: true, clip, animations: "disabled", mask, maskColor: "#d5dce3" });
  const path = join(EXPECTED, `${name}.png`);
  if (update) {
    mkdirSync(EXPECTED, { recursive: true });
    writeFileSync(path, bytes);
    return null;
  }
  if (!existsSync(path)) return `there is no earlier picture ${path}; WUFEI_UPDATE_SCREENSHOTS=1 makes it`;
  const [before, now] = [PNG.sync.read(readFileSync(path)), PNG.sync.read(bytes)];
  const keep = (what) => {
    const file = join(out, `${name}-${what}.png`);
    writeFileSync(file, what === "now" ? bytes : PNG.sync.write(difference));
    return file;
  };
  const width = Math.min(before.width, now.width);
  const both = Math.min(before.height, now.height);
  const difference = new PNG({ width, height: both });
  if (before.width !== now.width || Math.abs(before.height - now.height) > 0.02 * before.height) {
    return `was ${before.width} × ${before.height}, is ${now.width} × ${now.height}: ${keep("now")}`;
  }
  const changed = pixelmatch(top(before, width, both), top(now, width, both), difference.data, width, both, { threshold: THRESHOLD });
  const share = changed / (width * both);
  if (share <= MOST) return null;
  keep("now");
  return `${(100 * share).toFixed(1)} % of the picture is another (${100 * MOST} % allowed): ${keep("difference")}`;
}

// The upper part of a picture, where both have one.
function top(picture, width, height) {
  const part = new PNG({ width, height });
  PNG.bitblt(picture, part, 0, 0, width, height, 0, 0);
  return part.data;
}
