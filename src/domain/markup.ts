const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that may stand in a page as it is: everything in it that came from outside has been escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | readonly Markup[];

/**
 * A template for markup: whatever is put in is escaped, unless it is markup already. Nothing that a rule, a target or a
 * Prometheus is called can become a part of the page.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Part[]): Markup {
  const text = parts.map((part, index) => part + (index < values.length ? shown(values[index] ?? '') : ''));
  return new Markup(text.join(''));
}

function shown(value: Part): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escaped(String(value));
}

/**
 * Control characters, which are allowed in no page, are made visible, and so are those that turn the direction of the
 * text around them.
 */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Bidi_Control}\u{2028}\u{2029}]/gu, '\u{fffd}')
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? '');
}
