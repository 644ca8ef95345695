// My data: deleting it, after the reader has been told what goes and what stays.
import { done, remove } from './api.js'
import { PAGES, keep } from './tab.js'
import { number, word } from './words.js'

const find = (selector) => document.querySelector(selector)
const sure = find('[data-sure]')

find('[data-delete]').hidden = false
find('[data-delete]').addEventListener('click', () => {
  find('[data-refusal]').hidden = true
  sure.showModal()
})

function sentence({ battles, votes }) {
  if (battles === 0) return word('nothing')
  if (votes === 0) return word('deleted-none')
  return votes === 1 ? word('deleted-one') : word('deleted-many', { votes: number(votes) })
}

find('[data-delete-now]').addEventListener('click', async ({ currentTarget: button }) => {
  button.disabled = true
  const answer = await remove('/me')
  button.disabled = false
  if (!done(answer)) {
    find('[data-refusal]').textContent = answer.detail || word('unreachable')
    find('[data-refusal]').hidden = false
    return
  }
  for (const kind of Object.keys(PAGES)) keep(kind, null)
  sure.close()
  find('[data-battles]').remove()
  for (const part of document.querySelectorAll('[data-before]')) part.remove()
  find('[data-told]').textContent = sentence(answer.body)
  find('[data-told]').focus()
})
