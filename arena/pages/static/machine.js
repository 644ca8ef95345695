// The battle's states and the ways between them. A control shows itself by the states it names in data-in.
export const NEXT = {
  idle: ['asking', 'streaming', 'voted'],
  asking: ['streaming', 'idle'],
  streaming: ['ready', 'void', 'idle'],
  ready: ['sending', 'streaming', 'idle'],
  sending: ['casting', 'ready'],
  casting: ['voted', 'unsent', 'void'],
  unsent: ['casting'],
  voted: ['idle', 'asking'],
  void: ['idle', 'asking'],
}

const page = document.querySelector('.battle')
const hearers = []

export const state = () => page.dataset.state
export const isIn = (...states) => states.includes(state())

// Is told of every state that is entered.
export const onEntering = (hear) => hearers.push(hear)

// Goes to a state if the machine allows it; a second click or key finds the state gone and does nothing.
export function enter(next) {
  if (!NEXT[state()].includes(next)) return false
  page.dataset.state = next
  for (const hear of hearers) hear(next)
  return true
}
