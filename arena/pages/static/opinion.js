// After the reveal: what decided the vote, for each side and in words. Kept when its voter says so, never rated.
import { done, get, post } from './api.js'
import { held } from './held.js'
import { word } from './words.js'

const fold = document.querySelector('[data-opinion]')
const form = fold.querySelector('form')
const chips = [...form.querySelectorAll('[data-code]')]
const comment = form.querySelector('textarea')
const told = form.querySelector('[data-opinion-told]')

const tell = (sentence) => { told.textContent = sentence }
const pressed = (place) => chips
  .filter((chip) => chip.dataset.place === String(place) && chip.ariaPressed === 'true')
  .map((chip) => chip.dataset.code)

function fill({ sides, comment: said }) {
  for (const chip of chips) chip.ariaPressed = String(sides[chip.dataset.place].includes(chip.dataset.code))
  comment.value = said
  tell('')
}

async function keep() {
  const { id } = held
  const answer = await post(`/battles/${id}/opinion`, { sides: [pressed(0), pressed(1)], comment: comment.value })
  if (id === held.id) tell(done(answer) ? word('opinion-kept') : answer.detail || word('opinion-unsent'))
}

// A fresh form for the battle that has been voted on; after a reload with what was said before.
export async function open({ again }) {
  fold.open = false
  fill({ sides: [[], []], comment: '' })
  if (!again) return
  const { id } = held
  const answer = await get(`/battles/${id}/opinion`)
  if (!done(answer) || id !== held.id) return
  fill(answer.body)
  fold.open = answer.body.comment !== '' || answer.body.sides.some((codes) => codes.length)
}

for (const chip of chips) {
  chip.addEventListener('click', () => {
    chip.ariaPressed = String(chip.ariaPressed !== 'true')
    tell('')
  })
}
comment.addEventListener('input', () => tell(''))
form.addEventListener('submit', (event) => {
  event.preventDefault()
  keep()
})
