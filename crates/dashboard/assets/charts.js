// Draws the charts of a page. plotly.js is large, so it is asked for when everything else is there; without it the tables stay.
"use strict";
const { plotly } = document.currentScript.dataset;
const WORDS = {
  "Download plot as a png": "下载图片（PNG）",
  Zoom: "框选放大",
  Pan: "平移",
  "Zoom in": "放大",
  "Zoom out": "缩小",
  "Reset axes": "恢复原状",
  "Double-click to zoom back out": "双击恢复原状",
  "Double-click on legend to isolate one trace": "双击图例只看这一项",
  "Snapshot succeeded": "图片已下载",
  "Taking snapshot - this may take a few seconds": "正在生成图片",
};
function draw() {
  Plotly.register({ moduleType: "locale", name: "zh-CN", dictionary: WORDS, format: {} });
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const { data, layout, config } = JSON.parse(figure.dataset.chart);
    const place = document.createElement("div");
    figure.append(place);
    Plotly.newPlot(place, data, layout, config).then(() => { figure.dataset.drawn = ""; });
  }
}
addEventListener("load", () => {
  const script = document.createElement("script");
  script.src = plotly;
  script.addEventListener("load", draw);
  script.addEventListener("error", () => document.querySelectorAll("figure[data-chart]").forEach((figure) => figure.remove()));
  document.head.append(script);
});
