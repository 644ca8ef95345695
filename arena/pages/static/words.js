// The page's sentences: they stand in its template, so that a page in another language has its own.
const sentences = new Map(
  [...document.querySelector('template[data-words]').content.querySelectorAll('[data-word]')]
    .map((sentence) => [sentence.dataset.word, sentence.textContent]),
)

export function word(name, values = {}) {
  if (!sentences.has(name)) throw new Error(`no sentence called ${name}`)
  return sentences.get(name).replace(/\{(\w+)\}/g, (_, key) => values[key])
}

// What a code of the server's is called; one that the page doesn't know stays as it is.
export const named = (kind, code) => sentences.get(`${kind}-${code}`) ?? code

const lang = document.documentElement.lang
const integer = new Intl.NumberFormat(lang, { maximumFractionDigits: 0, signDisplay: 'negative' })
const tenths = new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const money = new Intl.NumberFormat(lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
// What a single answer costs is a small part of anything.
const small = new Intl.NumberFormat(lang, { maximumSignificantDigits: 2 })
const part = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 1 })
const roundPart = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 0 })
// British English, as the pages that the server writes: 21 Nov, 09:12.
const clock = new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, {
  month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: 'UTC', hourCycle: 'h23',
})
const signed = (text) => text.replace('-', '\u2212')

export const number = (value) => signed(integer.format(value))
export const share = (value) => part.format(value)
export const amount = (value) => money.format(value)
export const percent = (value) => roundPart.format(value)
export const little = (value) => small.format(value)
export const seconds = (value) => word('seconds', { seconds: tenths.format(value) })
export const ranks = (lower, upper) => (lower === upper ? number(lower) : `${number(lower)}–${number(upper)}`)

export function time(moment) {
  const made = document.createElement('time')
  made.dateTime = moment
  made.textContent = word('utc', { time: clock.format(new Date(moment)) })
  return made
}
