// Suggestions: a chip chooses the category, and one of every category stands for all.
const section = document.querySelector('[data-suggestions]')
const chips = [...section.querySelectorAll('[data-kind-chip]')]
const prompts = [...section.querySelectorAll('[data-suggestion]')]
const MOST = 6

const text = (button) => button.lastElementChild.textContent

function show(kind) {
  const firsts = new Set()
  let shown = 0
  for (const button of prompts) {
    const fits = kind ? button.dataset.kind === kind : !firsts.has(button.dataset.kind)
    firsts.add(button.dataset.kind)
    button.hidden = !fits || shown >= MOST
    shown += button.hidden ? 0 : 1
  }
  for (const chip of chips) chip.ariaPressed = String(chip.dataset.kindChip === kind)
}

export function listen(ask) {
  for (const chip of chips) chip.addEventListener('click', () => show(chip.dataset.kindChip))
  for (const button of prompts) button.addEventListener('click', () => ask(text(button)))
  section.querySelector('[data-surprise]').addEventListener('click', () => {
    const pressed = chips.find((chip) => chip.ariaPressed === 'true').dataset.kindChip
    const among = prompts.filter((button) => !pressed || button.dataset.kind === pressed)
    ask(text(among[Math.floor(Math.random() * among.length)]))
  })
}
