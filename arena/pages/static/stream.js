// A battle's events. The browser reconnects by itself after a break; what it gives up, and a connection that is dead
// without saying so, is opened anew a few times; without a network it waits for one.
const TRIES = 5
const PAUSE = 2_000

// `after` is the number of the last tick that the page has already.
export function follow(id, after, silenceSeconds, on) {
  let source
  let timer
  let seq = after
  let tries = 0

  const left = new AbortController()
  const drop = () => { clearTimeout(timer); source.close() }
  const close = () => { left.abort(); drop() }
  const heard = () => {
    tries = 0
    clearTimeout(timer)
    timer = setTimeout(again, silenceSeconds * 1000)
    on.found()
  }
  const again = () => {
    drop()
    if (!navigator.onLine) return
    tries += 1
    if (tries <= TRIES) open()
    else { close(); on.failed('gone') }
  }
  const open = () => {
    source = new EventSource(`/api/v1/battles/${id}/stream?after=${seq}`)
    timer = setTimeout(again, silenceSeconds * 1000)
    source.addEventListener('open', on.found)
    source.addEventListener('tick', (event) => {
      const tick = JSON.parse(event.data)
      heard()
      if (tick.seq <= seq) return
      seq = tick.seq
      on.tick(tick.sides, tick.turn)
    })
    source.addEventListener('html', (event) => { heard(); const { sides, turn } = JSON.parse(event.data); on.html(sides, turn) })
    source.addEventListener('ready', (event) => { close(); on.found(); on.ready(JSON.parse(event.data)) })
    source.addEventListener('failed', (event) => { close(); on.found(); on.failed(JSON.parse(event.data).code) })
    source.addEventListener('error', () => {
      on.lost()
      if (source.readyState !== EventSource.CLOSED) return
      clearTimeout(timer)
      timer = setTimeout(again, PAUSE)
    })
  }
  addEventListener('offline', on.lost, { signal: left.signal })
  addEventListener('online', () => { tries = 0; again() }, { signal: left.signal })
  open()
  return { close, get seq() { return seq } }
}
