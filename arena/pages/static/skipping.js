// The menu of reasons to skip: a digit chooses one, Enter none, Esc stays. It closes when there is nothing to skip.
import { isIn, onEntering } from './machine.js'

const FROM = ['streaming', 'ready']
const menu = document.querySelector('[data-skip-menu]')
const reasons = [...menu.querySelectorAll('[data-reason]')]

export function ask() {
  if (!isIn(...FROM) || menu.open) return false
  menu.showModal()
  return true
}

export function listen(skip) {
  const leave = (reason) => { menu.close(); skip(reason) }
  for (const button of reasons) button.addEventListener('click', () => leave(button.dataset.reason || null))
  menu.querySelector('[data-stay]').addEventListener('click', () => menu.close())
  menu.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return
    const chosen = reasons.find((button) => button.dataset.key === event.key)
    if (!chosen) return
    event.preventDefault()
    leave(chosen.dataset.reason)
  })
  onEntering((state) => { if (menu.open && !FROM.includes(state)) menu.close() })
}
