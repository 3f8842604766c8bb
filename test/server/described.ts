import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer } from './serving.ts';

/** An OpenAPI document, as far as tests look into it. */
export interface Described {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
}

/** Checks answers against the document that a server serves. */
export class Description {
  readonly document: Described;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(document: Described) {
    this.document = document;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, 'served');
  }

  /** `GET /api/v1/incidents/{id}`, … */
  operations(): string[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** What is wrong with an answer: nothing, or why it is not what the document says. */
  problems(operation: string, { status, type, body }: Pick<Answer, 'status' | 'type' | 'body'>): string[] {
    const [method = '', path = ''] = operation.split(' ');
    const responses = this.document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
    const media = type.split(';')[0] ?? '';
    const described = [String(status), `${Math.floor(status / 100)}XX`].find(
      (key) => responses[key]?.content[media] !== undefined,
    );
    if (described === undefined) return [`${operation}: ${status} with ${media} is not described`];
    const pointer = ['paths', path, method.toLowerCase(), 'responses', described, 'content', media, 'schema'];
    const validate = this.#ajv.compile({ $ref: `served#/${pointer.map(escaped).join('/')}` });
    if (validate(body)) return [];
    return (validate.errors ?? []).map(
      (error) => `${operation}: ${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
    );
  }
}

function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
