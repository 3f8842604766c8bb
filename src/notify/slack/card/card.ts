import type { IncidentView } from '../../../domain/ports/daemon.ts';
import { sixAnswers } from './answers.ts';
import type { Block, Rendered, RichText } from './blocks.ts';
import { buttons } from './buttons.ts';
import { fit } from './fit.ts';
import { utcMinute } from './lines.ts';
import {
  dataSection,
  evidenceSection,
  footSection,
  handOverSections,
  linkSection,
  timesSection,
} from './other-sections.ts';
import { plain, withoutMarkup } from './plain.ts';
import { planSections } from './plan-section.ts';
import { asked, type CardView } from './view.ts';
import { headline, wayBack } from './words.ts';

/**
 * The one message of an incident, as it is now. Whoever reads only this knows what is broken, since when, what will be
 * done, what is asked, until when, and what happens otherwise. Buttons are there only while a question is open. Pure.
 */
export function card(view: CardView): Rendered {
  const { incident } = view;
  const open = asked(incident);
  return {
    text: notification(incident),
    blocks: fit({
      always: [...head(view), ...(open === null ? [] : buttons(open))],
      details: detailsOf(view),
      last: footSection(incident),
    }),
  };
}

/** What a card holds, without its buttons: for a dialog. */
export function details(view: CardView): readonly Block[] {
  return fit({ always: head(view), details: detailsOf(view), last: footSection(view.incident) });
}

function head(view: CardView): readonly Block[] {
  const { severity, target } = view.incident;
  const title = `${severity.toUpperCase()} ${plain(target, 60)}: ${headline(view.incident)}`;
  return [
    { type: 'header', text: { type: 'plain_text', text: title, emoji: false } },
    { type: 'rich_text', elements: sixAnswers(view) },
  ];
}

/** Most needed first: where a message would be too long for Slack, the last go. */
function detailsOf(view: CardView): readonly RichText[] {
  const { incident } = view;
  return [
    linkSection(view),
    ...handOverSections(view),
    ...planSections(incident),
    dataSection(incident),
    timesSection(incident),
    evidenceSection(incident),
  ].filter((section) => section !== null);
}

/** What a phone shows on its locked screen. */
function notification(incident: IncidentView): string {
  const { id, severity, target, reason } = incident;
  const open = asked(incident);
  const title = `${severity.toUpperCase()} ${bare(target, 60)} ${bare(id, 40)}: ${headline(incident)}`;
  if (open === null) {
    const rest = withoutRepeat(reason, headline(incident));
    return rest === '' ? title : `${title}. ${bare(rest, 600)}`;
  }
  return `${title}. Approve the ${bare(wayBack(open.plan), 300)}? Answer until ${utcMinute(open.question.dueAt)}`;
}

/** What a reason adds to a headline such as `rolled back and verified after 4m`. */
function withoutRepeat(reason: string, heading: string): string {
  const [said = ''] = heading.split(' after ');
  return reason.startsWith(`${said}: `) ? reason.slice(said.length + 2) : reason;
}

function bare(text: string, longest: number): string {
  return withoutMarkup(plain(text, longest));
}
