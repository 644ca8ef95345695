// What judges said of a battle that was voted on, each with its reasons; nothing where none has judged.
import { fill } from './side.js'
import { word } from './words.js'

function line(text) {
  const paragraph = document.createElement('p')
  paragraph.className = 'small quiet'
  paragraph.textContent = text
  return paragraph
}

function reason({ shown_first: first, html }) {
  const prose = document.createElement('div')
  prose.className = 'prose'
  prose.dir = 'auto'
  fill(prose, html)
  return [line(word(`judged-${first}`)), prose]
}

function told({ name, outcome, consistent, reasons }) {
  const opinion = document.createElement('details')
  opinion.className = 'fold'
  const summary = document.createElement('summary')
  summary.textContent = word('judged', { name, verdict: word(outcome ? `vote-${outcome}` : 'judged-unread') })
  const turned = consistent === false ? [line(word('judged-turned'))] : []
  const whole = document.createElement('div')
  whole.className = 'stack near text'
  whole.append(...turned, ...reasons.flatMap(reason))
  opinion.append(summary, whole)
  return opinion
}

export function judged(section, verdicts) {
  section.hidden = verdicts.length === 0
  section.querySelector('[data-judged-list]').replaceChildren(...verdicts.map(told))
}
