// How an endpoint fares: numbers, each with what it is measured against, and what failed.
import { element } from './checks.js'
import { amount, named, number, seconds, share, word } from './words.js'

const against = (value, most, write) => (most === null ? write(value) : word('of', { value: write(value), most: write(most) }))
const whole = (value) => (value === null ? word('unknown') : seconds(value))

function figures({ met, today, daily_calls: calls, daily_budget: budget, concurrency }) {
  const lost = met.votes - met.wins - met.ties
  return {
    drawn: word('drawn-of', { drawn: number(met.drawn), promised: number(met.promised) }),
    votes: word('votes-of', { votes: number(met.votes), counting: number(met.counting) }),
    outcomes: word('outcomes-of', { wins: number(met.wins), ties: number(met.ties), losses: number(lost) }),
    first: word('median-of', { median: whole(met.first_text_median), most: whole(met.first_text_p90) }),
    failed: word('failed-of', { share: share(failed(met) / Math.max(1, met.answers + failed(met))), times: number(failed(met)) }),
    calls: against(today.calls, calls, number),
    spent: against(today.spent, budget, amount),
    answering: against(today.answering, concurrency, number),
  }
}

const failed = ({ failures }) => Object.values(failures).reduce((sum, times) => sum + times, 0)

function forecast({ half_width: half, half_width_wanted: wanted, votes_to_go: votes, met }) {
  if (half === null) return word(met.votes ? 'forecast-none' : 'forecast-no-votes')
  const values = { half: number(half), wanted: number(wanted), votes: number(votes) }
  return word(votes === 0 ? 'forecast-there' : 'forecast-to-go', values)
}

function row([code, times]) {
  const count = element('td', 'num', number(times))
  return element('tr', '', element('td', '', named('failure', code)), count)
}

export function drawFares(section, exposure) {
  const find = (name) => section.querySelector(`[data-${name}]`)
  find('forecast').textContent = forecast(exposure)
  find('figures').replaceChildren(...Object.entries(figures(exposure)).map(([name, text]) => (
    element('div', '', element('dt', '', word(`figure-${name}`)), element('dd', '', text))
  )))
  const failures = Object.entries(exposure.met.failures).sort(([, a], [, b]) => b - a)
  find('failures').hidden = failures.length === 0
  section.querySelector('tbody').replaceChildren(...failures.map(row))
}
