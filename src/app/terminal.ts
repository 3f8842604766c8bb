import type { ReadStream, WriteStream } from 'node:tty';

/** Alternate screen, no cursor, and pasted text told apart from keys. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[?2004h';
const leave = '\u001b[?2026l\u001b[?2004l\u001b[?25h\u001b[0m\u001b[?1049l';

interface Callbacks {
  readonly keys: (sent: string) => void;
  readonly redraw: () => void;
  readonly gone: () => void;
}

/** The terminal of this process, as `watch` takes it. Whatever ends the process, its screen comes back. */
export function systemTerminal(stdin: () => ReadStream, output: WriteStream) {
  return {
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    write: (text: string) => void output.write(text),
    take: ({ keys, redraw, gone }: Callbacks): (() => void) => {
      const input = stdin();
      let taken = true;
      const restore = (): void => {
        if (!taken) return;
        taken = false;
        output.write(leave);
        if (!input.destroyed) input.setRawMode(false);
      };
      const onData = (sent: string): void => keys(sent);
      // A stopped process that goes on finds another screen.
      const onContinue = (): void => {
        input.setRawMode(true);
        output.write(enter);
        redraw();
      };
      input.setRawMode(true);
      input.setEncoding('utf8');
      input.on('data', onData).on('end', gone).on('error', gone);
      output.on('resize', redraw);
      process.on('SIGCONT', onContinue).on('exit', restore);
      output.write(enter);
      return () => {
        input.off('data', onData).off('end', gone).pause();
        output.off('resize', redraw);
        process.off('SIGCONT', onContinue).off('exit', restore);
        restore();
      };
    },
  };
}
