// The gateway's process: HTTP with SSE, graphql-transport-ws, probes; ends on SIGTERM.

import { createServer, STATUS_CODES } from 'node:http'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { gateway } from './gateway.mjs'
import { MAX_BODY } from './limits.mjs'
import { settings } from './settings.mjs'
import { caller } from './subgraphs.mjs'

const MOST_AT_ONCE = 10
const { yoga, documents } = gateway(settings)

function refuse(response, status, code, detail) {
  const type = `urn:dealstream:problem:${code}`
  const body = JSON.stringify({ type, title: STATUS_CODES[status], status, code, detail })
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  response.end(body)
  response.req.resume() // so that a client still sending hears it
}

async function reachable() {
  const probe = new URL('/livez', settings.subgraphs.replace('{service}', 'leads'))
  try {
    return (await fetch(probe, { signal: AbortSignal.timeout(2000) })).ok
  } catch {
    return false
  }
}

async function handle(request, response) {
  const path = request.url.split('?', 1)[0]
  if (path === '/readyz') {
    const ready = await reachable()
    if (!ready) return refuse(response, 503, 'unavailable', 'the subgraphs do not answer')
    return response.writeHead(200).end('{"status":"ready"}')
  }
  if (path === '/livez') return yoga(request, response)
  if (path !== '/graphql') return refuse(response, 404, 'not_found', 'there is /graphql')
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return refuse(response, 405, 'method.not_allowed', 'POST only')
  }
  const length = Number(request.headers['content-length'] ?? NaN)
  if (Number.isNaN(length)) return refuse(response, 411, 'length.required', 'say Content-Length')
  if (length > MAX_BODY) {
    return refuse(response, 413, 'body.too_large', `the body is larger than ${MAX_BODY} bytes`)
  }
  if (!request.headers.authorization) {
    response.setHeader('www-authenticate', 'Bearer')
    return refuse(response, 401, 'token.invalid', 'a valid bearer token is needed')
  }
  return yoga(request, response)
}

/** A connection's headers, with the token of connection_init, which is all a browser can send. */
function callerOf({ extra, connectionParams }) {
  const { headers, socket } = extra.request
  const given = { ...headers, authorization: connectionParams?.authorization ?? headers.authorization }
  const text = (name) => (typeof given[name] === 'string' ? given[name] : undefined)
  return caller(text, socket.remoteAddress)
}

async function started(context, _id, payload) {
  const running = (context.extra.running ??= new Set())
  if (running.size >= MOST_AT_ONCE) throw new Error('Subscription limit reached')
  const enveloped = yoga.getEnveloped({ caller: callerOf(context), params: payload })
  const { schema, parse, validate, execute, subscribe, contextFactory } = enveloped
  let document
  try {
    document = parse(documents.text(payload))
  } catch (error) {
    return [error]
  }
  const errors = validate(schema, document)
  if (errors.length) return errors
  running.add(_id)
  const { operationName, variables: variableValues } = payload
  const contextValue = await contextFactory()
  return {
    schema, document, operationName, variableValues, contextValue,
    rootValue: { execute, subscribe },
  }
}

const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
  handle(request, response).catch((error) => {
    console.error(error)
    if (!response.headersSent) refuse(response, 500, 'internal', 'internal error')
  })
})
const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: MAX_BODY })
const live = useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onConnect: (context) =>
      Boolean(context.connectionParams?.authorization ?? context.extra.request.headers.authorization),
    onSubscribe: started,
    onComplete: (context, id) => context.extra.running?.delete(id),
    connectionInitWaitTimeout: 10_000,
  },
  sockets,
)

async function stop() {
  setTimeout(() => process.exit(0), 3000).unref()
  await live.dispose()
  server.close(() => process.exit(0))
  server.closeIdleConnections()
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

server.listen(settings.port, settings.host, () => {
  const { address, port } = server.address()
  console.log(`gateway at http://${address}:${port}/graphql`)
})
