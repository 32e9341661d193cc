// The gateway's knobs: environment variables, prefix CRM_.

const given = process.env

export const settings = {
  /** Where the subgraphs answer; {service} is filled in. */
  subgraphs: given.CRM_GATEWAY_SUBGRAPHS ?? 'http://127.0.0.1:8000/graphql/{service}',
  host: given.CRM_GATEWAY_HOST ?? '127.0.0.1',
  port: Number(given.CRM_GATEWAY_PORT ?? 8001),
  /** No introspection, and only documents from the folder. */
  production: /^(1|true|yes|on)$/i.test(given.CRM_PRODUCTION ?? ''),
  /** Registered documents: one *.graphql file each, by its name or its SHA-256. */
  documents: given.CRM_GATEWAY_DOCUMENTS ?? new URL('documents', import.meta.url).pathname,
}
