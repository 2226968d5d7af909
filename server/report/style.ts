/** The look of a report: one column, light or dark as the reader has it, plain on paper. */
export const style = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1f2328; --dim: #59636e; --line: #d1d9e0;
  --soft: #f0f2f5; --now: #0b62c4; --bad: #b3261e; --watch: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --bg: #1e1f22; --fg: #e2e4e8; --dim: #9da5af;
  --line: #3c4047; --soft: #2a2c31; --now: #6cb0ff; --bad: #ff8a80; --watch: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1180px; background: var(--bg); color: var(--fg);
  font: 14px/1.5 system-ui, 'Segoe UI', sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 24px; overflow-wrap: anywhere; }
h2 { margin: 32px 0 8px; padding-bottom: 4px; border-bottom: 1px solid var(--line); font-size: 18px; }
h3 { margin: 16px 0 4px; font-size: 14px; }
p, ul, ol { margin: 4px 0 8px; max-width: 900px; overflow-wrap: anywhere; }
ul, ol { padding-left: 20px; }
li { break-inside: avoid; }
.group ul { max-width: none; columns: 2 360px; column-gap: 32px; }
a { color: var(--now); }
nav { margin-top: 8px; }
nav a { margin-right: 12px; }
.dim, .was { color: var(--dim); }
.verdict { margin-top: 12px; font-size: 16px; }
.note { border-left: 3px solid var(--watch); padding: 2px 0 2px 10px; }
.name { overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 8px 0; }
th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
th { font-weight: 600; vertical-align: bottom; }
th small { display: block; font-weight: 400; color: var(--dim); }
.n { text-align: right; white-space: nowrap; }
.repair td:nth-child(2) { white-space: nowrap; }
.layer { min-width: 160px; }
.proofs td:last-child, .repair td:last-child { min-width: 260px; }
.mark.hurts, .bad-text { color: var(--bad); }
.mark.watch { color: var(--watch); }
.mark.fine { color: var(--dim); }
code { font: 12px/1.4 ui-monospace, Consolas, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
svg { display: block; overflow: visible; }
svg text { font-size: 10px; fill: var(--dim); }
.grid { stroke: var(--line); }
.reach { fill: var(--soft); }
.now { fill: var(--now); }
.bad { fill: var(--bad); }
.now-line { stroke: var(--now); stroke-width: 1.5; }
.median { stroke: var(--fg); stroke-width: 1.5; }
.ghost, .hollow { fill: none; stroke: var(--dim); }
.hollow { fill: var(--bg); }
.lost { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 2 2; }
.limit { stroke: var(--dim); stroke-dasharray: 3 3; }
.depth { width: 100%; min-width: 800px; max-width: 1000px; height: auto; }
svg .now-text { fill: var(--now); font-weight: 600; }
.now-path, .was-path { fill: none; stroke: var(--now); stroke-width: 1.5; stroke-linejoin: round; }
.was-path { stroke: var(--dim); stroke-dasharray: 4 3; }
.weights-path, .activations-path { fill: none; stroke: var(--fg); stroke-dasharray: 8 3 2 3; }
.activations-path { stroke-dasharray: 1 3; }
.compared :is(th, td) { padding-right: 10px; }
.compared .layer { min-width: 150px; }
.compared svg { width: 140px; height: auto; }
.compared svg text { font-size: 14px; }
.evaluation td:first-child { min-width: 110px; }
h1 .dim { font-weight: 400; }
.for-readers { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
footer { margin-top: 32px; color: var(--dim); }
@media screen and (max-width: 640px) {
  body { padding: 16px 12px; }
  .spare, .evaluation svg { display: none; }
  th, td { padding-right: 8px; }
  th.n { white-space: normal; }
  .layer, .compared .layer { min-width: 124px; }
  .layers svg { width: 130px; height: auto; }
  .layers svg text { font-size: 11px; }
  .repair, .proofs { display: grid; grid-template-columns: repeat(5, auto); }
  .repair :is(thead, tbody, tr), .proofs :is(thead, tbody, tr) { display: contents; }
  .repair :is(th, td), .proofs :is(th, td) { border-bottom: 0; align-self: end; }
  .repair td, .proofs td { align-self: start; }
  .repair .whole, .proofs .whole, .proofs [colspan] { grid-column: 1 / -1; min-width: 0;
    border-bottom: 1px solid var(--line); padding-bottom: 6px; }
  .repair td.whole, .proofs td.whole { color: var(--dim); }
}
@page { margin: 14mm; }
@media print {
  :root { color-scheme: light; --bg: #fff; --fg: #000; --dim: #444; --line: #bbb; --soft: #eee;
    --now: #0b4f9e; --bad: #a3150d; --watch: #7a5200; }
  body { padding: 0; max-width: none; font-size: 9pt; print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  h1 { font-size: 16pt; } h2 { font-size: 12pt; } h3 { font-size: 10pt; }
  .verdict { font-size: 11pt; }
  h2, h3 { break-after: avoid; }
  tr, section.one { break-inside: avoid; }
  thead { display: table-header-group; }
  th, td { padding-right: 8px; }
  .layer, .proofs td:last-child, .repair td:last-child { min-width: 0; }
  .wide { overflow: visible; }
  .wide svg { width: 120px; height: auto; }
  .wide svg text { font-size: 10px; }
  .wide svg.depth { width: 100%; min-width: 0; }
  .wide svg.depth text { font-size: 10px; }
  .wide table { font-size: 7pt; width: 100%; }
  .wide .n { white-space: normal; }
  .wide th, .wide td { padding-right: 6px; }
  .wide th.n { white-space: normal; }
  .evaluation svg { width: 80px; }
  .compared .layer { min-width: 0; }
  .compared svg { width: 90px; }
  nav { display: none; }
  a { color: inherit; }
}
`;
