"""The style sheet of a report: light and dark, on screen and on paper."""

STYLE = """
:root {
  --paper: #ffffff; --raised: #f5f7fa; --line: #d9dfe7; --ink: #17202b; --quiet: #566373;
  --accent: #1769aa; --deep: 23 105 170;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10151b; --raised: #181f28; --line: #2c3744; --ink: #e3e9f0; --quiet: #9aa8b8;
    --accent: #6bb3ec; --deep: 80 160 225;
  }
}
* { box-sizing: border-box }
html { scroll-behavior: smooth }
body {
  background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif;
  margin: 0 auto; max-width: 84rem; padding: 2.5rem 1.25rem 4rem;
}
header { border-bottom: 1px solid var(--line); padding-bottom: 1rem }
h1 { font-size: 1.9rem; letter-spacing: -.01em; line-height: 1.2; margin: 0 }
header p { color: var(--quiet); margin: .5rem 0 0; max-width: 70ch }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .75rem }
section { margin-top: 2.75rem; scroll-margin-top: 1rem }
p, li { max-width: 75ch }
p { margin: .5rem 0 }
ul { padding-left: 1.25rem }
li { margin: .25rem 0 }
a { color: var(--accent) }
nav ol {
  display: flex; flex-wrap: wrap; font-size: .875rem; gap: .25rem 1.25rem; list-style: none;
  margin: 1rem 0 0; padding: 0;
}
nav a { text-decoration: none }
nav a:hover { text-decoration: underline }
.wide { border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; overflow: auto }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
table {
  border-collapse: separate; border-spacing: 0; font-size: .8125rem;
  font-variant-numeric: tabular-nums; width: 100%;
}
th, td { border-bottom: 1px solid var(--line); padding: .4rem .7rem; text-align: right }
td { white-space: nowrap }
thead th {
  background: var(--raised); color: var(--quiet); font-weight: 600; line-height: 1.3;
  vertical-align: bottom;
}
th:first-child {
  background: var(--paper); left: 0; min-width: 13rem; position: sticky; text-align: left;
}
thead th:first-child { background: var(--raised) }
tbody th { font-weight: 500 }
tbody tr:last-child > * { border-bottom: 0 }
tbody tr:hover > :not(.shade) { background: var(--raised) }
.group th { background: var(--raised); color: var(--quiet); font-size: .75rem; font-weight: 600 }
.group span { left: .7rem; position: sticky }
.best { color: var(--accent); font-weight: 700 }
.shade { background: rgb(var(--deep) / calc(var(--shade) * .45)) }
.shade.best { color: inherit }
figure { margin: 1.25rem 0 }
figure img, figure svg { border-radius: 6px; display: block; height: auto; max-width: 100% }
figure svg text { fill: currentColor }
figcaption { color: var(--quiet); font-size: .875rem; margin-top: .5rem }
summary { cursor: pointer }
summary h2 { display: inline }
@media print {
  body { max-width: none; padding: 0 }
  nav { display: none }
  .wide { overflow: visible }
}
"""
