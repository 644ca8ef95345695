// The page's sentences: they stand in its template, so that a page in another language has its own.
const sentences = new Map(
  [...document.querySelector('template[data-words]').content.querySelectorAll('[data-word]')]
    .map((sentence) => [sentence.dataset.word, sentence.textContent]),
)

export function word(name, values = {}) {
  if (!sentences.has(name)) throw new Error(`no sentence called ${name}`)
  return sentences.get(name).replace(/\{(\w+)\}/g, (_, key) => values[key])
}

const lang = document.documentElement.lang
const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: 0, signDisplay: 'negative' })
const tenths = new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const signed = (text) => text.replace('-', '\u2212')

export const number = (value) => signed(whole.format(value))
export const seconds = (value) => word('seconds', { seconds: tenths.format(value) })
export const ranks = (lower, upper) => (lower === upper ? number(lower) : `${number(lower)}–${number(upper)}`)
