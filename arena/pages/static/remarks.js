// What the voter is told before the vote of a battle that will not be rated: why, and that the vote is welcome.
import { named, word } from './words.js'

const LETTERS = ['A', 'B']
const line = document.querySelector('[data-remarks]')

function sentence({ reason, side }) {
  const about = side === null ? 'battle' : 'side'
  const said = named('remark', `${reason}-${about}`)
  // A reason that this page has no words for is told by its consequence alone.
  return said === `${reason}-${about}` ? '' : said.replace('{letter}', LETTERS[side])
}

// Shows the sentences and gives them back, to be said with the others.
export function tell(remarks) {
  const sentences = [...new Set(remarks.map(sentence))].filter(Boolean)
  line.textContent = remarks.length ? [...sentences, word('remarked')].join(word('space')) : ''
  line.hidden = !remarks.length
  return line.textContent
}
