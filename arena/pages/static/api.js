// Calls to the API. An answer is always {status, body, detail}; status 0 says that none came in time.
const DEADLINE = 15_000

async function call(path, options) {
  try {
    const response = await fetch(`/api/v1${path}`, { ...options, signal: AbortSignal.timeout(DEADLINE) })
    const told = await response.json()
    return { status: response.status, body: told, detail: told.detail ?? '' }
  } catch {
    return { status: 0, body: null, detail: '' }
  }
}

export const get = (path) => call(path, {})

export const post = (path, body, { keepalive = false } = {}) => call(path, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  keepalive,
})

export const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds) })
