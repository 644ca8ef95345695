// How long it is until a moment to come, said beside it and kept true; without script the moment alone stands there.
const said = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: 'always' })
const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]]

function left(seconds) {
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size) ?? UNITS.at(-1)
  return said.format(Math.floor(seconds / size), unit)
}

function show(time) {
  const seconds = (new Date(time.dateTime) - Date.now()) / 1_000
  time.nextElementSibling.textContent = seconds > 0 ? ` · ${left(seconds)}` : ''
  if (seconds > 0) setTimeout(() => show(time), seconds < 7_200 ? 1_000 : 60_000)
}

document.querySelectorAll('[data-until]').forEach(show)
