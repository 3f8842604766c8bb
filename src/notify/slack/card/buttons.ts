import type { ClickAction } from '../../../domain/ports/interactions.ts';
import type { Block, Button, Confirmation } from './blocks.ts';
import { plainText } from './lines.ts';
import type { Asked } from './view.ts';

/** The buttons of an open question; none without a ticket, since a click could not be told what it is about. */
export function buttons({ question, plan }: Asked): readonly Block[] {
  const { ticket, prolongs, halted } = question;
  if (ticket === '') return [];
  const destroys = plan.risk === 'destructive-data';
  const approve = {
    ...button('approve', 'Approve', ticket),
    style: destroys ? 'danger' : 'primary',
  } as const;
  const yes = destroys ? { ...approve, confirm: confirmation({ question, plan }) } : approve;
  const elements: readonly Button[] = [
    // Refused while nothing may start: the card says so in its place.
    ...(halted === null ? [yes] : []),
    button('reject', 'Reject', ticket),
    button('hand_over', 'Hand over', ticket),
    ...(prolongs > 0 ? [button('prolong', '10 more minutes', ticket)] : []),
    button('view', 'View', ticket),
  ];
  return [{ type: 'actions', elements }];
}

function button(action: ClickAction, text: string, ticket: string): Button {
  return { type: 'button', action_id: action, text: plainText(text, 75), value: ticket };
}

/** Names the target and what is lost: a thumb is quicker than a thought. */
function confirmation({ plan }: Asked): Confirmation {
  const { target, destroys, steps } = plan;
  const what = (destroys.length === 0 ? steps : destroys).join('; ');
  return {
    title: plainText(`Destroy data of ${target}?`, 100),
    text: plainText(`This cannot be undone on ${target}: ${what}`, 300),
    confirm: plainText('Destroy and approve', 30),
    deny: plainText('Back', 30),
    style: 'danger',
  };
}
