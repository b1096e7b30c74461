import { STATUS_CODES } from 'node:http';
import { version } from '../version.js';
import { answers, bodies } from '../views/shapes.js';
import type { Route } from './route.js';
import type { Shape } from './shape-issues.js';

/** The API by its table of routes, as an OpenAPI 3.1 document: https://spec.openapis.org/oas/v3.1.1.html */
export function openApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const methods = paths[route.path] ?? {};
    methods[route.method.toLowerCase()] = operation(route);
    paths[route.path] = methods;
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'scaletap',
      version: version(),
      description:
        'What the page of scaletap is made of. Times are in milliseconds since the Unix epoch, UTC. Where a password is ' +
        'needed, `POST /api/session` gives a cookie. What changes something is sent as `application/json`. Every ' +
        'answer from 400 on is a `problem`.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: {
        ...Object.fromEntries(
          Object.entries(answers).map(([name, shape]) => [name, schemaOf(shape, 'output')]),
        ),
        ...Object.fromEntries(
          Object.entries(bodies).map(([name, shape]) => [bodyName(name), schemaOf(shape, 'input')]),
        ),
      },
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'scaletap_session' } },
    },
  };
}

function operation(route: Route): object {
  const { method, path, summary, isOpen, body, gives } = route;
  const name = Object.entries(bodies).find(([, shape]) => shape === body)?.[0];
  return {
    operationId: [method.toLowerCase(), ...path.split('/').slice(2)].join('-').replace(/[{}]|\.json$/g, ''),
    summary,
    ...(isOpen ? {} : { security: [{ session: [] }, {}] }),
    parameters: [...pathParameters(path), ...queryParameters(route)],
    ...(name !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: ref(bodyName(name)) } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(gives).map(([status, given]) => [status, answerOf(status, given)]),
      ),
      ...Object.fromEntries(refusals(route).map((status) => [status, refusalOf(status)])),
      default: {
        ...refusalOf(500),
        description: 'Anything else, such as a method that is not answered here',
      },
    },
  };
}

/** What every route may say besides what it names itself. */
function refusals({ isOpen, body, query, refuses = [] }: Route): number[] {
  const own = [
    ...refuses,
    ...(body === null && query === null ? [] : [400]),
    ...(body === null ? [] : [413, 415]),
    ...(isOpen ? [] : [401]),
    403,
    503,
  ];
  return [...new Set(own)].sort();
}

function answerOf(status: string, given: Route['gives'][number]): object {
  if (typeof given === 'string') {
    return {
      description: STATUS_CODES[status] ?? status,
      content: { 'application/json': { schema: ref(given) } },
    };
  }
  const { says, type } = given;
  return { description: says, ...(type !== undefined && { content: { [type]: {} } }) };
}

function refusalOf(status: number): object {
  return {
    description: STATUS_CODES[status] ?? 'Refused',
    content: { 'application/json': { schema: ref('problem') } },
  };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

/** A query is described member by member. */
function queryParameters({ query }: Route): object[] {
  if (query === null) return [];
  const { properties = {}, required = [] }: { properties?: object; required?: readonly string[] } = schemaOf(
    query,
    'input',
  );
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function schemaOf(shape: Pick<Shape<unknown>, 'toJSONSchema'>, io: 'input' | 'output'): object {
  const { $schema, ...schema }: { $schema?: string } = shape.toJSONSchema({ io });
  return schema;
}

/** Some bodies are called as an answer is. */
function bodyName(name: string): string {
  return `${name}Body`;
}

function ref(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}
