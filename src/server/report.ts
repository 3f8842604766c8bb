import { z } from 'zod';
import type { Daemon } from '../domain/ports/daemon.ts';
import type { Api } from './route.ts';
import { noIncident } from './views.ts';
import { word } from './words.ts';

/** Nothing is loaded and nothing runs; it may have styles of its own. */
const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** `GET incidents/ID/report`: both forms as JSON, or one of them as it is. */
export function addReport(api: Api, daemon: Daemon): void {
  api.get(
    '/incidents/:id/report',
    {
      schema: {
        params: z.object({ id: word }),
        querystring: z.strictObject({ format: z.enum(['markdown', 'html']).optional() }),
      },
      config: {
        role: 'viewer',
        summary: 'The report on an incident: both its forms, or one of them as it is',
        answers: { 200: ['Report', 'text/markdown', 'text/html'] },
      },
    },
    async ({ params: { id }, query: { format } }, reply) => {
      const report = await daemon.report(id);
      if (report === null) throw noIncident(id);
      if (format === undefined) return report;
      const name = report.name.replace(/[^\w.-]/g, '_');
      if (format === 'html')
        return reply
          .headers({
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': pagePolicy,
            'content-disposition': `inline; filename="${name}.html"`,
          })
          .send(report.html);
      return reply
        .headers({
          'content-type': 'text/markdown; charset=utf-8',
          'content-disposition': `attachment; filename="${name}.md"`,
        })
        .send(report.markdown);
    },
  );
}
