/** A typed client of Dealstream: paths, bodies and answers come from the published OpenAPI document. */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Dealstream = Client<paths>;
export type Schemas = components["schemas"];

/** `url` is where the API is, such as http://127.0.0.1:8000; `token` a JWT or an API key. */
export function dealstream(url: string, token: string): Dealstream {
  return createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });
}

/** The data of an answer; throws what the problem says where the request was refused. */
export function accepted<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}
