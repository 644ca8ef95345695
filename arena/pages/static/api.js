// Calls to the API. An answer is always {status, body, detail}; status 0 says that none came in time.
const DEADLINE = 15_000
const EMPTY = [204, 304]

async function call(path, options) {
  try {
    const response = await fetch(`/api/v1${path}`, { ...options, signal: AbortSignal.timeout(DEADLINE) })
    const told = EMPTY.includes(response.status) ? null : await response.json()
    return { status: response.status, body: told, detail: told?.detail ?? '', etag: response.headers.get('etag') }
  } catch {
    return { status: 0, body: null, detail: '' }
  }
}

export const get = (path) => call(path, {})

// Asked again with the tag of what is known already; 304 says that nothing has changed.
export const again = (path, etag) => call(path, { headers: etag ? { 'if-none-match': etag } : {}, cache: 'no-store' })

const sending = (method) => (path, body, { keepalive = false } = {}) => call(path, {
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  keepalive,
})

export const post = sending('POST')
export const patch = sending('PATCH')
export const put = sending('PUT')
export const remove = (path) => call(path, { method: 'DELETE' })
// A file as it is, and what it is.
export const send = (path, file, type) => call(path, { method: 'POST', headers: { 'content-type': type }, body: file })
export const done = ({ status }) => status >= 200 && status < 300

export const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds) })
