# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a report: its style, its script and its Jinja template. Every value goes through autoescape; no attribute is a style or a script."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark;
  --page: #f5f4f0; --card: #fff; --ink: #1c2230; --soft: #545d70; --line: #e1ded6; --focus: #1f5fbf; --shade: 0 1px 2px #1c223014, 0 4px 16px #1c22300a;
  --red: #9c1c2b; --red-bg: #fce6e7; --red-fill: #cf3a4a; --amber: #7d4400; --amber-bg: #fcedd5; --amber-fill: #dd8b1d;
  --green: #14603a; --green-bg: #e0f3e7; --green-fill: #3f9d6a; --violet: #64299a; --violet-bg: #f1e7fb; --blue: #1d5499; --blue-bg: #e4eefb;
  --teal: #0d5960; --teal-bg: #dcf1f2; --grey: #474f60; --grey-bg: #eceef2; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12151b; --card: #1b1f27; --ink: #e9ebf1; --soft: #a9b2c3; --line: #303642; --focus: #8bb8ff; --shade: none;
  --red: #ffb6bc; --red-bg: #481b22; --red-fill: #e0596a; --amber: #ffd08c; --amber-bg: #432e0e; --amber-fill: #d9932f;
  --green: #93e2b4; --green-bg: #163826; --green-fill: #4aa875; --violet: #dcbdff; --violet-bg: #36234e; --blue: #adcfff; --blue-bg: #1a3050;
  --teal: #93e0e6; --teal-bg: #11383d; --grey: #c6ccd8; --grey-bg: #2a303b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.wrap { max-width: 72rem; margin: 0 auto; padding: 0 clamp(1rem, 3vw, 2rem); }
a { color: var(--blue); }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: .25rem; }
header { background: var(--card); border-bottom: 1px solid var(--line); border-top: .375rem solid var(--green-fill); }
header.drift { border-top-color: var(--amber-fill); }
header.error { border-top-color: var(--red-fill); }
header .wrap { padding-top: 2rem; padding-bottom: 1.75rem; }
.over { margin: 0 0 .75rem; display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; color: var(--soft); font-size: .875rem; }
h1 { font-size: clamp(1.375rem, 1rem + 2vw, 2rem); line-height: 1.2; letter-spacing: -.015em; margin: 0; text-wrap: balance; }
h2 { font-size: 1.125rem; margin: 0; letter-spacing: -.005em; }
main.wrap { padding-top: 1.5rem; padding-bottom: 2rem; display: grid; gap: 1.5rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 0; }
.tiles div, .card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; box-shadow: var(--shade); }
.tiles div { padding: .875rem 1rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.tiles dt { color: var(--soft); font-size: .8125rem; line-height: 1.35; }
.tiles dd { margin: 0; font-size: 1.75rem; font-weight: 650; line-height: 1.2; }
.tiles .red dd { color: var(--red); } .tiles .amber dd { color: var(--amber); } .tiles .violet dd { color: var(--violet); }
  .tiles .green dd { color: var(--green); }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem; }
.card { padding: 1.25rem; margin: 0; min-width: 0; display: flex; flex-direction: column; }
.card p { color: var(--soft); font-size: .875rem; margin: .25rem 0 1rem; }
svg { display: block; width: 100%; height: 8.5rem; flex: 1 0 8.5rem; border-bottom: 1px solid var(--line); }
.fill-red { fill: var(--red-fill); } .fill-amber { fill: var(--amber-fill); } .fill-green { fill: var(--green-fill); }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: .75rem; padding-top: .375rem; }
.first { list-style: none; margin: 1rem 0 0; padding: 0; font-size: .875rem; }
.first li { display: flex; justify-content: space-between; gap: 1rem; padding: .3125rem 0; border-top: 1px solid var(--line); }
.first span:last-child { white-space: nowrap; font-weight: 600; }
.card details { margin-top: 1rem; font-size: .875rem; }
summary { cursor: pointer; }
form { display: grid; gap: .875rem; margin: 1rem 0; }
form[hidden] { display: none; }
.ask { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; }
.ask label { font-weight: 600; font-size: .875rem; }
input[type=search] { flex: 1 1 16rem; min-width: 0; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft);
  border-radius: .5rem; padding: .5rem .75rem; }
::placeholder { color: var(--soft); opacity: 1; }
button { font: inherit; font-size: .875rem; color: inherit; background: var(--card); border: 1px solid var(--soft); border-radius: .5rem;
  padding: .5rem .875rem; cursor: pointer; }
fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
fieldset label { display: inline-flex; gap: .4375rem; align-items: center; font-size: .875rem; border: 1px solid var(--line); background: var(--card);
  border-radius: 2rem; padding: .3125rem .75rem .3125rem .5625rem; cursor: pointer; }
fieldset input { margin: 0; width: 1rem; height: 1rem; accent-color: var(--focus); }
legend { float: left; padding: 0; font-weight: 600; font-size: .875rem; line-height: 2.125rem; margin-right: .25rem; }
output { color: var(--soft); font-size: .875rem; }
.network { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; margin-top: .75rem; box-shadow: var(--shade);
  overflow: hidden; }
.network > summary { padding: .875rem 1.25rem; display: flex; flex-wrap: wrap; gap: .375rem .75rem; align-items: center; list-style: none; }
.network > summary:focus-visible { outline-offset: -3px; border-radius: .75rem; }
.network > summary::-webkit-details-marker { display: none; }
.network > summary::before { content: ""; width: .5rem; height: .5rem; border: solid var(--soft); border-width: 0 2px 2px 0;
  transform: rotate(-45deg); margin-right: .125rem; flex: none; }
.network[open] > summary::before { transform: rotate(45deg) translate(-2px, -2px); }
.network h3 { font-size: 1.0625rem; margin: 0; }
.network .sum { color: var(--soft); font-size: .875rem; margin-left: auto; }
.badge { display: inline-block; font-size: .75rem; font-weight: 650; line-height: 1.5; border-radius: 2rem; padding: .0625rem .625rem;
  white-space: nowrap;
  color: var(--grey); background: var(--grey-bg); }
.badge.error { color: var(--red); background: var(--red-bg); } .badge.drift { color: var(--amber); background: var(--amber-bg); }
.badge.in_sync { color: var(--green); background: var(--green-bg); } .badge.attention { color: var(--violet); background: var(--violet-bg); }
.badge.waiting { color: var(--blue); background: var(--blue-bg); } .badge.acknowledged { color: var(--teal); background: var(--teal-bg); }
.faults { margin: 0; padding: .75rem 1.25rem .75rem 2.5rem; background: var(--red-bg); color: var(--red); }
.more { padding: .75rem 1.25rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .875rem; }
.more ul { margin: .375rem 0; padding-left: 1.25rem; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th { text-align: left; font-size: .75rem; color: var(--soft); font-weight: 600; padding: .5rem .75rem; border-top: 1px solid var(--line); }
td { padding: .625rem .75rem; border-top: 1px solid var(--line); vertical-align: top; }
td:first-child, th:first-child { padding-left: 1.25rem; } td:last-child, th:last-child { padding-right: 1.25rem; }
.items td:nth-child(1) { width: 25%; font-weight: 600; } .items td:nth-child(2) { width: 8.5rem; }
.items td:nth-child(4) { width: 8rem; color: var(--soft); font-size: .8125rem; white-space: nowrap; }
.do { display: block; color: var(--soft); font-size: .875rem; margin-top: .1875rem; }
.do::before { content: "→ "; }
footer.wrap { color: var(--soft); font-size: .8125rem; padding-bottom: 3rem; }
@media (max-width: 45rem) {
  .network > summary, .faults, .more { padding-left: 1rem; padding-right: 1rem; } .faults { padding-left: 2rem; }
  .network .sum { margin-left: 0; width: 100%; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .items thead { position: absolute; left: -100rem; }
  .items, .items tbody, .items tr { display: block; }
  .items tr { display: grid; grid-template-columns: 1fr auto; gap: .25rem .75rem; padding: .75rem 1rem; border-top: 1px solid var(--line); }
  .items tr[hidden] { display: none; }
  .items td, .items td:first-child, .items td:last-child { border: 0; padding: 0; width: auto !important; }
  .items td:nth-child(3), .items td:nth-child(4) { grid-column: 1 / -1; }
  .items td:nth-child(4)::before { content: "since "; }
}
@media print {
  body { background: #fff; font-size: 10pt; } form, .skip { display: none; } .network, .card, .tiles div { box-shadow: none;
  break-inside: avoid-page; }
  .network { break-inside: auto; } tr { break-inside: avoid; } ::details-content { content-visibility: visible; display: block; }
}
"""

SCRIPT = """
"use strict";
(function () {
  const form = document.getElementById("filter"), said = document.getElementById("said");
  const networks = Array.from(document.querySelectorAll(".network"), function (box) {
    const host = box.querySelector("h3").textContent;
    const rows = Array.from(box.querySelectorAll("tr[data-class]"), function (row) {
      return { row: row, cls: row.dataset.class, text: (host + " " + row.textContent).toLowerCase() };
    });
    return { box: box, open: box.open, rows: rows, text: box.textContent.toLowerCase() };
  });
  const total = networks.reduce(function (sum, one) { return sum + one.rows.length; }, 0);
  function apply() {
    const words = form.elements.text.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const boxes = Array.from(form.querySelectorAll("input[type=checkbox]"));
    const classes = new Set(boxes.filter(function (box) { return box.checked; }).map(function (box) { return box.value; }));
    const asked = words.length > 0 || classes.size < boxes.length;
    let shown = 0;
    for (const one of networks) {
      let here = 0;
      for (const row of one.rows) {
        const fits = classes.has(row.cls) && words.every(function (word) { return row.text.includes(word); });
        row.row.hidden = !fits;
        here += fits ? 1 : 0;
      }
      const whole = classes.size === boxes.length || one.box.querySelector(".faults") !== null;
      const bare = one.rows.length === 0 && whole && words.every(function (word) { return one.text.includes(word); });
      one.box.hidden = asked && here === 0 && !bare;
      one.box.open = asked ? here > 0 || bare : one.open;
      shown += here;
    }
    said.textContent = asked ? shown + " of " + total + " entries" : total + " entries";
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  document.getElementById("all").addEventListener("click", function () { form.reset(); apply(); });
  form.hidden = false;
  apply();
})();
"""

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{{ headline }}</title>
<style>{{ style }}</style>
</head>
<body>
<a class="skip" href="#networks">To the networks</a>
<header class="{{ fleet.verdict }}"><div class="wrap">
<p class="over"><span class="badge {{ fleet.verdict }}">{{ words[fleet.verdict] }}</span>
<span>RunCloud against the multisites, <time datetime="{{ fleet.made }}">{{ when(fleet.made) }}</time></span></p>
<h1>{{ headline }}</h1>
</div></header>
<main class="wrap">
<dl class="tiles">
{% for tile in tiles %}
<div class="{{ tile.colour }}"><dt>{{ tile.label }}</dt><dd>{{ tile.number }}</dd></div>
{% endfor %}
</dl>
{% if bars or runs | length > 1 %}
<div class="pictures">
{% if bars %}
<section class="card" aria-labelledby="ends">
<h2 id="ends">Certificates by days left</h2>
<p>{{ certificates }}</p>
<svg viewBox="0 0 {{ bars | length * 10 }} 100" preserveAspectRatio="none" role="img" aria-label="Certificates by days left. {{ certificates }}">
{% for bar in bars %}{% if bar.height %}
<rect class="fill-{{ bar.colour }}" x="{{ loop.index0 * 10 + 1 }}" y="{{ 100 - bar.height }}" width="8" height="{{ bar.height }}">
<title>{{ bar.label }}</title></rect>
{% endif %}{% endfor %}
</svg>
<div class="axis" aria-hidden="true"><span>ended</span><span>30 days</span><span>60 days</span><span>90 and more</span></div>
<ol class="first">
{% for row in first %}
<li><span>{{ row.name }}</span><span>{{ row.left }}</span></li>
{% endfor %}
</ol>
</section>
{% endif %}
{% if runs | length > 1 %}
<section class="card" aria-labelledby="runs">
<h2 id="runs">The last {{ runs | length }} runs</h2>
<p>Drift and attention of all networks; the colour is the verdict.</p>
<svg viewBox="0 0 {{ runs | length * 10 }} 100" preserveAspectRatio="none" role="img"
aria-label="Drift and attention of the last {{ runs | length }} runs; the table below has the numbers">
{% for run in runs %}
<rect class="fill-{{ run.colour }}" x="{{ loop.index0 * 10 + 1 }}" y="{{ 100 - run.height }}" width="8" height="{{ run.height }}">
<title>{{ run.label }}</title></rect>
{% endfor %}
</svg>
<div class="axis" aria-hidden="true"><span>{{ when(runs[0].made) }}</span><span>{{ when(runs[-1].made) }}</span></div>
<details><summary>As a table</summary>
<table><thead><tr><th scope="col">Run</th><th scope="col">Verdict</th><th scope="col">Drift</th><th scope="col">Attention</th></tr></thead><tbody>
{% for run in runs | reverse %}
<tr><td>{{ when(run.made) }}</td><td><span class="badge {{ run.verdict }}">{{ words[run.verdict] }}</span></td>
<td>{{ run.counts.drift }}</td><td>{{ run.counts.attention }}</td></tr>
{% endfor %}
</tbody></table></details>
</section>
{% endif %}
</div>
{% endif %}
<section aria-labelledby="networks">
<h2 id="networks" tabindex="-1">Networks, the worst first</h2>
<form id="filter" hidden>
<div class="ask"><label for="text">Filter</label><input type="search" id="text" name="text" autocomplete="off" placeholder="name, network or reason">
<button type="button" id="all">Show all</button></div>
<fieldset><legend>Classes</legend>
{% for cls in classes %}
<label title="{{ cls.about }}"><input type="checkbox" name="class" value="{{ cls.name }}" checked>{{ cls.name }} {{ cls.number }}</label>
{% endfor %}
</fieldset>
<output id="said" for="filter"></output>
</form>
{% for report in networks %}
<details class="network"{% if report.verdict != "in_sync" %} open{% endif %} data-host="{{ report.host }}">
<summary><h3>{{ report.host }}</h3><span class="badge {{ report.verdict }}">{{ words[report.verdict] }}</span>
<span class="sum">{{ sums[report.host] }}</span></summary>
{% if report.faults %}
<ul class="faults">{% for fault in report.faults %}<li>{{ fault }}</li>{% endfor %}</ul>
{% endif %}
{% if report["items"] %}
<table class="items">
<thead><tr><th scope="col">Name</th><th scope="col">Class</th><th scope="col">Why, and what to do</th><th scope="col">Since</th></tr></thead>
<tbody>
{% for row in items[report.host] %}
<tr data-class="{{ row.class }}"><td>{{ row.name }}</td><td><span class="badge {{ row.class }}">{{ row.class }}</span></td>
<td><span class="reason">{{ row.reason }}</span>
{% if row.acknowledged %}<span class="do">acknowledged until {{ row.acknowledged.until }}: {{ row.acknowledged.reason }}</span>
{% elif row.do %}<span class="do">{{ row.do }}</span>{% endif %}</td>
<td><time datetime="{{ row.since }}">{{ when(row.since) }}</time></td></tr>
{% endfor %}
</tbody></table>
{% endif %}
{% if report.changes or report.notes %}
<div class="more">
{% if report.changes %}Done by this run:<ul>
{% for row in report.changes %}<li>{{ row.what }}: {{ row.name }} ({{ row.reason }})</li>{% endfor %}</ul>{% endif %}
{% if report.notes %}Notes:<ul>{% for note in report.notes %}<li>{{ note }}</li>{% endfor %}</ul>{% endif %}
</div>
{% endif %}
</details>
{% endfor %}
</section>
</main>
<footer class="wrap">{% for note in fleet.notes %}{{ note }}. {% endfor %}
All times are UTC. The data of this page stand in it as JSON, in the element with the id report.</footer>
<script type="application/json" id="report">{{ data }}</script>
<script>{{ script }}</script>
</body>
</html>
"""
