"""How the report looks: one style sheet, in light and in dark, and on paper."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b2330; --soft: #5b6675; --line: #dfe3ea;
  --good: #157f52; --good-soft: #d9f2e5; --warn: #a86a00; --bad: #c02f26; --bad-soft: #fbe0de;
  --fault: #8b3fa8; --fault-word: #8b3fa8;
  --shade: rgba(139, 63, 168, .07);
  --online: #2f9e6e; --degraded: #dd9a1c; --offline: #d3544a; --recovering: #3d8f9e;
  --ordered: #5477b8; --silent: #6b7280;
  --journal: #2f6fb5; --replica: #a0722a; --on: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --ink: #e7ebf1; --soft: #9aa6b5; --line: #2d3642;
    --good: #4cc38a; --good-soft: #143526; --warn: #e3a63c; --bad: #f0776c; --bad-soft: #43201d;
    --fault: #8f52ad; --fault-word: #cd9fe4;
    --shade: rgba(181, 123, 208, .11);
    --online: #37966c; --degraded: #b98520; --offline: #b84a41; --recovering: #3a8492;
    --ordered: #5d7fbd; --silent: #565e6b; --journal: #6aa7e8; --replica: #d3a45b; --on: #ffffff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1140px; margin: 0 auto; padding: 28px 20px 80px; }
h1 { font-size: 26px; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 20px; margin: 0; letter-spacing: -.01em; }
h3 { font-size: 13px; margin: 22px 0 8px; color: var(--soft); text-transform: uppercase;
  letter-spacing: .06em; }
p { margin: 6px 0; max-width: 100ch; }
a { color: inherit; }
.soft { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(158px, 1fr)); gap: 12px;
  margin: 20px 0; }
.tile, section, .overview { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
.tile { padding: 12px 16px; }
.tile b { display: block; font-size: 22px; font-weight: 650; line-height: 1.25;
  white-space: nowrap; }
.tile span { color: var(--soft); font-size: 13px; }
.overview { overflow-x: auto; }
section { padding: 22px 26px 26px; margin-top: 26px; }
section.broken { border-color: var(--bad); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; }
th, td { padding: 6px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.verdict { font-weight: 650; white-space: nowrap; }
.verdict.good { color: var(--good); } .verdict.bad { color: var(--bad); }
.badge { display: inline-block; min-width: 22px; padding: 0 6px; margin-right: 3px;
  border-radius: 6px; font-size: 12.5px; text-align: center; font-variant-numeric: tabular-nums; }
.badge.good { background: var(--good-soft); color: var(--good); }
.badge.bad { background: var(--bad-soft); color: var(--bad); font-weight: 700; }
.head { display: flex; justify-content: space-between; gap: 16px; align-items: baseline; }
dl { display: grid; grid-template-columns: 96px 1fr; gap: 4px 12px; margin: 12px 0 0; }
dt { color: var(--soft); } dd { margin: 0; max-width: 96ch; }
.error { background: var(--bad-soft); color: var(--bad); padding: 8px 12px; border-radius: 6px; }
.scroll { overflow-x: auto; }
.site { font-weight: 600; margin: 12px 0 2px; }
svg { width: 100%; min-width: 720px; height: auto; display: block; }
svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--soft); }
svg .label { fill: var(--ink); }
svg .fault { fill: var(--fault); } svg .shade { fill: var(--shade); }
svg .on-fault, svg .on-link { fill: var(--on); font-weight: 600; }
svg .beside { fill: var(--fault-word); font-weight: 600; }
svg .link { fill: var(--ordered); } svg .online { fill: var(--online); }
svg .degraded { fill: var(--degraded); } svg .offline { fill: var(--offline); }
svg .recovering { fill: var(--recovering); }
svg .silent { fill: var(--silent); }
svg .ground { stroke: var(--line); } svg .grid { stroke: var(--line); stroke-dasharray: 2 4; }
svg .note { stroke: var(--soft); stroke-dasharray: 3 3; opacity: .55; }
svg polygon { opacity: .18; stroke: none; } svg polyline { fill: none; stroke-width: 1.6; }
svg .journal polygon, svg .journal.top { fill: var(--journal); }
svg .journal polyline { stroke: var(--journal); }
svg .replica polygon, svg .replica.top { fill: var(--replica); }
svg .replica polyline { stroke: var(--replica); }
svg .dot { opacity: .8; } svg .dot.ok { fill: var(--good); }
svg .dot.refused { fill: var(--warn); } svg .dot.unknown { fill: var(--bad); opacity: 1; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12.5px; color: var(--soft);
  margin-top: 6px; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 5px; }
.key .band { border-radius: 2px; width: 14px; }
.happened { list-style: none; padding: 0; margin: 0; font-size: 14px; columns: 2;
  column-gap: 40px; }
.happened li { break-inside: avoid; padding: 2px 0 2px 64px; position: relative; }
.happened time { position: absolute; left: 0; width: 52px; text-align: right; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.happened .began, .happened .ended { color: var(--fault-word); font-weight: 600; }
.findings { margin: 4px 0 0; padding-left: 18px; color: var(--bad); font-size: 13px; }
@media (max-width: 760px) {
  section { padding: 16px; } .happened { columns: 1; } main { padding: 16px 10px 60px; }
}
@media print { section { break-inside: avoid; } body { background: none; } }
"""
