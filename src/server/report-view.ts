import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { RollbackError } from '../domain/errors.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import { read } from './validation.ts';

const query = z.strictObject({ format: z.enum(['markdown', 'html']).optional() });

/** `incidents/ID/report`: the report with both its forms as JSON, or one of them as it is. A viewer may. */
export function addReportView(api: FastifyInstance, daemon: Daemon): void {
  api.get<{ Params: { id: string } }>('/incidents/:id/report', async (request, reply) => {
    const { id } = request.params;
    const { format } = read(query, request.query, 'query');
    const report = await daemon.report(id);
    if (report === null)
      throw new RollbackError('NOT_FOUND', `there is no incident ${id}; \`rollbackd incidents\` lists them`, {
        incident: id,
      });
    if (format === undefined) return report;
    if (format === 'markdown') return reply.type('text/markdown; charset=utf-8').send(report.markdown);
    // Whatever stands in it, in the API's own origin it may do nothing.
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .send(report.html);
  });
}
