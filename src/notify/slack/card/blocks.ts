/** The few parts of Block Kit that cards are made of. None of them reads markup in texts, so data stays data. */

/** A stretch of a line. Slack reads no markup in its text; `plain` makes data fit to stand there. */
export type Piece =
  | { readonly type: 'text'; readonly text: string; readonly style?: Style }
  /** An instant in the reader's own time zone. */
  | { readonly type: 'date'; readonly timestamp: number; readonly format: string; readonly fallback: string }
  | { readonly type: 'user'; readonly user_id: string }
  | { readonly type: 'link'; readonly url: string; readonly text: string };

export interface Style {
  readonly bold?: true;
  readonly code?: true;
}

export interface Line {
  readonly type: 'rich_text_section';
  readonly elements: readonly Piece[];
}

export interface List {
  readonly type: 'rich_text_list';
  readonly style: 'ordered' | 'bullet';
  readonly elements: readonly Line[];
}

export interface Monospaced {
  readonly type: 'rich_text_preformatted';
  readonly elements: readonly Piece[];
}

export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  /** Never true: `:tada:` in data stays what it is. */
  readonly emoji: false;
}

/** A question that Slack asks before it passes a click on. */
export interface Confirmation {
  readonly title: PlainText;
  readonly text: PlainText;
  readonly confirm: PlainText;
  readonly deny: PlainText;
  readonly style: 'primary' | 'danger';
}

export interface Button {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: PlainText;
  /** The ticket, and nothing else. */
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: Confirmation;
}

export interface RichText {
  readonly type: 'rich_text';
  readonly elements: readonly (Line | List | Monospaced)[];
}

export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | RichText
  | { readonly type: 'actions'; readonly elements: readonly Button[] };

/** What is posted: blocks, and the text of notifications. */
export interface Rendered {
  readonly text: string;
  readonly blocks: readonly Block[];
}
