// After the vote: who was who, in words, in a drawing and side by side.
import { get } from './api.js'
import { held } from './held.js'
import { judged } from './judged.js'
import { draw } from './plot.js'
import { little, named, number, ranks, seconds, percent, word } from './words.js'

const LETTERS = ['A', 'B']

function boardSentence([a, b]) {
  const rated = [a, b].filter((side) => side.rating !== null)
  if (rated.length === 0) return word('board-none')
  if (rated.length === 1) return word('board-one', { name: rated[0].name })
  if (a.group !== b.group) return word('board-separate')
  const [better, worse] = a.rank_lower <= b.rank_lower ? [a, b] : [b, a]
  const range = (side) => ranks(side.rank_lower, side.rank_upper)
  if (better.rank_upper >= worse.rank_lower) return word('board-open', { a: range(a), b: range(b) })
  return word('board-apart', { better: better.name, worse: worse.name, best: range(better), rest: range(worse) })
}

function rating({ rating: value, lower, upper }) {
  if (value === null) return [word('no-rating')]
  const strong = document.createElement('strong')
  strong.textContent = number(value)
  const span = document.createElement('span')
  span.className = 'faint'
  const half = lower === null || upper === null ? null : number((upper - lower) / 2)
  span.textContent = half === null ? word('open-end') : word('plus-minus', { half })
  return [strong, ' ', span]
}

function heading(side) {
  const organisation = document.createElement('small')
  organisation.textContent = side.organisation
  return [side.name, ' ', organisation]
}

const known = (value, write) => (value === null ? null : [write(value)])

function price({ prompt_price: asked, answer_price: answered }) {
  return asked === null && answered === null ? null : [word('price', { asked: little(asked ?? 0), answered: little(answered ?? 0) })]
}

// A fact that is null is not known.
function facts(side, place, chosen) {
  return {
    seen: [place === chosen ? word('chosen', { letter: LETTERS[place] }) : LETTERS[place]],
    rating: side.ours ? null : rating(side),
    ranks: known(side.rank_lower, () => ranks(side.rank_lower, side.rank_upper)),
    licence: side.licence ? [side.licence] : null,
    price: price(side),
    cost: known(side.cost, little),
    first: known(side.first_text_seconds, seconds),
    seconds: known(side.seconds, seconds),
    tokens: known(side.tokens, number),
    characters: [number(side.characters)],
    finish: side.finish === 'stop' ? null : [named('finish', side.finish ?? 'stopped')],
    stage: side.stage === 'listed' ? null : [named('stage', side.stage)],
  }
}

// A row that knows nothing of either side is left out.
function fill(slot, sides, chosen) {
  const both = sides.map((side, place) => facts(side, place, chosen))
  for (const name of Object.keys(both[0])) {
    slot(`${name}-0`).closest('tr').hidden = both.every((told) => told[name] === null)
    both.forEach((told, place) => slot(`${name}-${place}`).replaceChildren(...(told[name] ?? [word('unknown')])))
  }
}

// A control battle says what it was, once that is known.
function why(reason, { control, control_side: place }) {
  if (reason !== 'control' || !control) return named('receipt', reason)
  return word(`control-${control}`, { letter: LETTERS[place] })
}

function receipt(slot, { counted, reason, id }, revealed) {
  slot('receipt').textContent = counted ? word('receipt-counted') : why(reason, revealed)
  slot('vote').textContent = id
  slot('vote').href = `/votes/${id}`
}

async function others(slot, id) {
  slot('others').hidden = true
  const { status, body } = await get(`/battles/${id}/others`)
  if (status !== 200 || body.others === null || id !== held.id) return
  const { votes, same } = body.others
  slot('others').textContent = word('others', { part: percent(same / votes), votes: number(votes) })
  slot('others').hidden = false
}

export function reveal(section, { vote, receipt: told, reveal: revealed }, id) {
  const sides = revealed.sides.map((side) => (side.name ? side : { ...side, name: word('arena-text'), ours: true }))
  const slot = (name) => section.querySelector(`[data-slot="${name}"]`)
  const chosen = ['a', 'b'].indexOf(vote.outcome)
  slot('outcome').textContent = word(`outcome-${vote.outcome}`, { a: sides[0].name, b: sides[1].name })
  slot('board').textContent = revealed.control === 'probe' ? '' : boardSentence(sides)
  slot('plot').hidden = sides[0].group !== sides[1].group || !draw(slot('plot'), sides, chosen)
  receipt(slot, told, revealed)
  fill(slot, sides, chosen)
  for (const [place, side] of sides.entries()) {
    slot(`name-${place}`).replaceChildren(...heading(side))
    section.querySelector(`[data-about="${place}"]`).hidden = !side.description
    slot(`about-name-${place}`).textContent = side.name
    slot(`about-${place}`).textContent = side.description
  }
  judged(section.querySelector('[data-judged]'), revealed.verdicts)
  section.querySelector('.abouts').hidden = sides.every((side) => !side.description)
  others(slot, id)
}
