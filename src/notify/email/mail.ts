import { createHash } from 'node:crypto';
import { markup, type Markup } from '../../domain/markup.ts';
import type { Message } from '../../domain/ports/channel.ts';
import type { Report } from '../../domain/ports/daemon.ts';
import { inertLine } from '../inert.ts';

/** A mail before it is encoded: header fields are single lines, free of control characters. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly messageId: string;
  /** Ids of what it answers, which makes one thread of one incident. */
  readonly inReplyTo?: string;
  readonly references?: string;
  readonly date: Date;
  readonly priority: 'high' | 'normal';
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly {
    readonly filename: string;
    readonly contentType: string;
    readonly content: string;
  }[];
}

export interface MailParts {
  /** Of one incident, oldest first; several after the server had asked to be left alone. */
  readonly messages: readonly [Message, ...(readonly Message[])];
  readonly environment: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Attached; null unless the incident is closed. */
  readonly report: Report | null;
}

/** Makes one mail. The same messages always have the same id, so that a repeat is known as one. */
export function mailOf({ messages, environment, from, to, report }: MailParts): Mail {
  const [first] = messages;
  const last = messages.at(-1) ?? first;
  const { incident } = first;
  const domain = /@([^\s@<>]+)>?$/.exec(from)?.[1] ?? 'localhost';
  const root = incident === null ? null : idOf(`incident ${environment} ${incident}`, domain);
  const isRoot = root !== null && first.story?.type === 'incident.opened';
  return {
    from,
    to,
    subject: subjectOf(first, environment, isRoot),
    messageId: isRoot ? root : idOf(first.key, domain),
    ...(root === null || isRoot ? {} : { inReplyTo: root, references: root }),
    date: new Date(last.at),
    priority: messages.some(({ urgent }) => urgent) ? 'high' : 'normal',
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(incident === null ? {} : { 'X-Rollbackd-Incident': inertLine(incident, 100) }),
    },
    text: messages.map(plain).join('\n\n'),
    html: page(messages).text,
    attachments: report === null ? [] : filesOf(report),
  };
}

/** The same for all of an incident: mail programs make a thread of equal subjects only. The news is the first line. */
function subjectOf({ incident, story, title }: Message, environment: string, isRoot: boolean): string {
  const about = story === null || incident === null ? title : `${story.incident.target} ${incident}`;
  const reply = story === null || isRoot ? '' : 'Re: ';
  return `${reply}${inertLine(`[rollbackd ${environment}] ${about}`, 200)}`;
}

/** An id by which mail programs know a message; nothing of the key can be read from it. */
function idOf(key: string, domain: string): string {
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${domain}>`;
}

function plain({ title, text, urgent }: Message): string {
  return `${urgent ? '[ACT] ' : ''}${title}${text === '' ? '' : `\n\n${text}`}\n`;
}

function page(messages: readonly Message[]): Markup {
  return markup`<!doctype html>
<html><head><meta charset="utf-8"></head>
<body style="font:15px/1.5 sans-serif;max-width:48em">
${messages.map(section)}</body></html>
`;
}

function section({ title, text, urgent, story }: Message): Markup {
  const lines = text === '' ? [] : text.split('\n');
  const shown = lines.map((line) => (story === null ? row(line) : linked(line)));
  return markup`<h1 style="font-size:1.15em">${urgent ? '[ACT] ' : ''}${title}</h1>
${shown}`;
}

function row(line: string): Markup {
  return markup`<p style="margin:0;overflow-wrap:anywhere">${line}</p>
`;
}

/** The one line that is our own link. */
function linked(line: string): Markup {
  const url = /^decide: (https?:\/\/\S+)$/.exec(line)?.[1];
  if (url === undefined) return row(line);
  return markup`<p style="margin:.5em 0"><a href="${url}">Look at it and decide</a></p>
`;
}

function filesOf({ name, markdown, html }: Report): Mail['attachments'] {
  return [
    { filename: `${name}.md`, contentType: 'text/markdown; charset=utf-8', content: markdown },
    { filename: `${name}.html`, contentType: 'text/html; charset=utf-8', content: html },
  ];
}
