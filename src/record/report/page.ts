import { Markup, markup } from '../../domain/markup.ts';
import type { Block, Fact, Line, ReportDocument, Section } from './document.ts';
import { pageStyle } from './page-style.ts';
import { phaseBar } from './phase-bar.ts';
import { plotOf } from './plot.ts';

/** The report as a page: complete in itself, without scripts, and with nothing loaded from anywhere. */
export function pageOf({ title, badges, lead, figures, sections, footer }: ReportDocument): string {
  return markup`<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<style>${new Markup(pageStyle)}</style></head><body>
<header><p class="badges">${badges.map(({ text, tone }) => markup`<span class="badge ${tone}">${text}</span>`)}</p>
<h1>${title}</h1>
<p class="lead">${lineOf(lead)}</p>
<div class="figures">${figures.map(({ value, name }) => markup`<div><b>${value}</b><span>${name}</span></div>`)}</div></header>
<main>${sections.map(sectionOf)}</main>
<footer>${footer}</footer>
</body></html>
`.text;
}

function sectionOf({ title, blocks }: Section): Markup {
  return markup`
<section><h2>${title}</h2>${blocks.map(blockOf)}</section>`;
}

function blockOf(block: Block): Markup {
  switch (block.kind) {
    case 'facts':
      return factsOf(block.facts, block.numbered);
    case 'list':
      return markup`<ul>${block.items.map((item) => markup`<li>${lineOf(item)}</li>`)}</ul>`;
    case 'tasks':
      return markup`<ul class="tasks">${block.tasks.map(
        ({ done, text }) =>
          markup`<li><span class="box" role="img" aria-label="${done ? 'done' : 'to do'}">${done ? '☑' : '☐'}</span> ${lineOf(text)}</li>`,
      )}</ul>`;
    case 'table':
      return tableOf(block);
    case 'text':
      return markup`<p>${lineOf(block.text)}</p>`;
    case 'heading':
      return markup`<h3>${block.text}</h3>`;
    case 'lines':
      return markup`<figure class="lines"><figcaption><b>${block.name}</b>, ${block.note}</figcaption><pre>${block.lines.map((line) => markup`${line}${new Markup('\n')}`)}</pre></figure>`;
    case 'times':
      return phaseBar(block.marks);
    case 'readings':
      return markup`<div class="plots">${block.plots.map(plotOf)}</div>`;
  }
}

function factsOf(facts: readonly Fact[], numbered: boolean): Markup {
  const rows = facts.map(({ name, value }) => markup`<div><dt>${name}</dt><dd>${lineOf(value)}</dd></div>`);
  return markup`<dl${numbered ? markup` class="numbered"` : ''}>${rows}</dl>`;
}

/** On a telephone, each cell stands under its own head. */
function tableOf({ head, rows, numbers }: Extract<Block, { kind: 'table' }>): Markup {
  const kind = (column: number): Markup => (numbers.includes(column) ? markup` class="number"` : markup``);
  const heads = head.map((name, column) => markup`<th scope="col"${kind(column)}>${name}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, column) => {
      const content = cell.length === 0 ? '' : markup`<span>${lineOf(cell)}</span>`;
      return markup`<td${kind(column)} data-head="${head[column] ?? ''}">${content}</td>`;
    });
    return markup`<tr>${cells}</tr>`;
  });
  return markup`<table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`;
}

function lineOf(line: Line): Markup {
  const pieces = line.map((piece) => {
    if (typeof piece === 'string') return stateOf(piece);
    return 'code' in piece
      ? markup`<code>${piece.code}</code>`
      : markup`<span class="fill">${piece.fill}</span>`;
  });
  return markup`${pieces}`;
}

const tones: Readonly<Record<string, string>> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  MEDIUM: 'medium',
  done: 'good',
  passed: 'good',
  within: 'good',
  failed: 'critical',
  unknown: 'high',
  inconclusive: 'high',
};

/** Words of ours that say how it went; the colour only repeats them. */
function stateOf(piece: string): Markup {
  const tone = Object.hasOwn(tones, piece)
    ? tones[piece]
    : piece.startsWith('over by ')
      ? 'critical'
      : undefined;
  return tone === undefined ? markup`${piece}` : markup`<span class="state ${tone}">${piece}</span>`;
}
