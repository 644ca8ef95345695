// After the vote: who was who, in words, in a drawing and side by side.
import { draw } from './plot.js'
import { number, ranks, seconds, word } from './words.js'

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

function named(side) {
  const organisation = document.createElement('small')
  organisation.textContent = side.organisation
  return [side.name, ' ', organisation]
}

function facts(side, place, chosen) {
  return {
    name: named(side),
    seen: [place === chosen ? word('chosen', { letter: LETTERS[place] }) : LETTERS[place]],
    rating: rating(side),
    ranks: [side.rank_lower === null ? word('unknown') : ranks(side.rank_lower, side.rank_upper)],
    first: [side.first_text_seconds === null ? word('unknown') : seconds(side.first_text_seconds)],
    seconds: [side.seconds === null ? word('unknown') : seconds(side.seconds)],
    characters: [number(side.characters)],
    'about-name': [side.name],
    about: [side.description],
  }
}

export function reveal(section, { vote, reveal: { sides } }) {
  const slot = (name) => section.querySelector(`[data-slot="${name}"]`)
  const chosen = ['a', 'b'].indexOf(vote.outcome)
  slot('outcome').textContent = word(`outcome-${vote.outcome}`, { a: sides[0].name, b: sides[1].name })
  slot('board').textContent = boardSentence(sides)
  slot('vote').textContent = vote.id
  slot('plot').hidden = sides[0].group !== sides[1].group || !draw(slot('plot'), sides, chosen)
  for (const [place, side] of sides.entries()) {
    section.querySelector(`[data-about="${place}"]`).hidden = !side.description
    for (const [name, parts] of Object.entries(facts(side, place, chosen))) slot(`${name}-${place}`).replaceChildren(...parts)
  }
  section.querySelector('.abouts').hidden = sides.every((side) => !side.description)
}
