// How subgraphs are asked: whose request it is goes along, and what they refuse comes back.

import { createHash, randomBytes } from 'node:crypto'
import { buildHTTPExecutor } from '@graphql-tools/executor-http'

const PASSED_ON = ['authorization', 'accept-language', 'as-of', 'occurred-at', 'idempotency-key']
const TRACE = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const PATIENCE = 10_000
const STREAM = 'text/event-stream'
const PROBLEM = 'application/problem+json'

/**
 * What of a caller's headers goes to every subgraph; `get` reads one by its name. Where it comes from
 * (`peer`) stands last, so that the subgraphs can tell what the gateway has seen from what it was told.
 */
export function caller(get, peer) {
  const headers = {}
  for (const name of PASSED_ON) if (get(name)) headers[name] = get(name)
  const hops = [get('x-forwarded-for'), peer?.replace(/^::ffff:/, '')].filter(Boolean)
  if (hops.length) headers['x-forwarded-for'] = hops.join(', ')
  const given = get('traceparent')
  const random = randomBytes(24).toString('hex')
  headers.traceparent = TRACE.test(given ?? '')
    ? given
    : `00-${random.slice(0, 32)}-${random.slice(32)}-00`
  return { headers, mutations: 0 }
}

/**
 * The headers of one request to a subgraph; a key that several mutations share is made one each, of a
 * kind that no caller sends by chance.
 */
function headersOf(request) {
  const asks = request?.context?.caller
  if (!asks) return {}
  const { 'idempotency-key': key, ...headers } = asks.headers
  if (key && request.operationType === 'mutation') {
    const number = asks.mutations++
    headers['idempotency-key'] = number ? derived(key, number) : key
  }
  return headers
}

function derived(key, number) {
  return `gateway-${createHash('sha256').update(`${key}\n${number}`).digest('hex')}`
}

/** A refusal of the whole request as a GraphQL answer, or as the only event of a stream. */
function refused(streamed, message, extensions) {
  const body = JSON.stringify({ data: null, errors: [{ message, extensions }] })
  if (!streamed) return new Response(body, { headers: { 'content-type': 'application/json' } })
  const events = `event: next\ndata: ${body}\n\nevent: complete\ndata: \n\n`
  return new Response(events, { headers: { 'content-type': STREAM } })
}

async function asked(url, init) {
  const streamed = init.headers?.accept === STREAM
  const bound = streamed ? [init.signal] : [init.signal, AbortSignal.timeout(PATIENCE)]
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.any(bound.filter(Boolean)) })
    if (!answer.headers.get('content-type')?.startsWith(PROBLEM)) return answer
    const { detail, title, code, status } = await answer.json()
    return refused(streamed, detail ?? title, { code, status })
  } catch (error) {
    if (init.signal?.aborted) throw error
    console.error(`${url}: ${error.cause?.code ?? error.message}`)
    const message = 'a dependency does not answer now, try again'
    return refused(streamed, message, { code: 'unavailable', status: 503 })
  }
}

export function executor(endpoint) {
  return buildHTTPExecutor({ endpoint, headers: headersOf, fetch: asked, method: 'POST' })
}
