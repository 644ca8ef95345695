// Both intervals on one scale, as the leaderboard draws them: x in per cent, y in pixels.
import { number, word } from './words.js'

const REFERENCE = 1000
const STEPS = [10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000]
const MOST_STEPS = 5
const FEW_TICKS = 3
const LEAST_SPAN = 100
const MARGIN = 0.06
const LETTERS = ['A', 'B']

function element(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

function scaleOf(sides) {
  const values = sides.flatMap((side) => [side.lower, side.rating, side.upper]).filter((value) => value !== null)
  const [low, high] = [Math.min(REFERENCE, ...values), Math.max(REFERENCE, ...values)]
  const air = Math.max((high - low) * MARGIN, (LEAST_SPAN - (high - low)) / 2)
  const span = high - low + 2 * air
  const step = STEPS.find((size) => span / size <= MOST_STEPS) ?? span / MOST_STEPS
  const ticks = []
  const last = Math.floor((high + air - REFERENCE) / step)
  for (let place = Math.ceil((low - air - REFERENCE) / step); place <= last; place += 1) ticks.push(place)
  const x = (value) => `${(((value - low + air) / span) * 100).toFixed(2)}%`
  return { x, ticks: ticks.map((place) => ({ value: REFERENCE + place * step, labelled: ticks.length <= FEW_TICKS || place % 2 === 0 })) }
}

function axis({ x, ticks }) {
  const labels = ticks.filter((tick) => tick.labelled)
    .map(({ value }) => element('text', { x: x(value), y: 15, 'text-anchor': 'middle' }, number(value)))
  return element('svg', { class: 'axis', 'aria-hidden': 'true' }, ...labels)
}

function described({ name, rating, lower, upper }) {
  const values = { name, rating: number(rating), lower: number(lower ?? 0), upper: number(upper ?? 0) }
  if (lower === null && upper === null) return word('open-both', values)
  if (lower === null) return word('open-below', values)
  return word(upper === null ? 'open-above' : 'bounded', values)
}

function whisker(side, { x, ticks }) {
  const open = side.lower === null || side.upper === null
  const parts = ticks.map(({ value }) => element('line', {
    class: value === REFERENCE ? 'zero' : 'grid-line', x1: x(value), x2: x(value), y1: 0, y2: '100%',
  }))
  parts.push(element('line', {
    class: open ? 'ci open' : 'ci', y1: '50%', y2: '50%',
    x1: side.lower === null ? '0%' : x(side.lower), x2: side.upper === null ? '100%' : x(side.upper),
  }))
  const end = (at, path) => element('svg', { class: 'end', x: at, y: '50%' }, element('path', { d: path }))
  if (side.lower === null) parts.push(end('0%', 'M6 -6 L0 0 L6 6'))
  if (side.upper === null) parts.push(end('100%', 'M-6 -6 L0 0 L-6 6'))
  parts.push(element('circle', { class: 'pt', cx: x(side.rating), cy: '50%', r: 5 }))
  return element('svg', { class: 'whisker', role: 'img', 'aria-label': described(side) }, ...parts)
}

function letter(place, chosen) {
  const made = document.createElement('span')
  made.className = place === chosen ? 'letter chosen' : 'letter'
  made.ariaHidden = 'true'
  made.textContent = LETTERS[place]
  return made
}

// Draws the sides that are on the board; false where none is.
export function draw(plot, sides, chosen) {
  const rated = sides.filter((side) => side.rating !== null)
  plot.replaceChildren()
  if (rated.length === 0) return false
  const scale = scaleOf(rated)
  plot.append(document.createElement('span'), axis(scale))
  for (const [place, side] of sides.entries()) {
    if (side.rating !== null) plot.append(letter(place, chosen), whisker(side, scale))
  }
  return true
}
