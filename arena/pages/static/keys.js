// Keys: never in a field, never with a modifier, never held down, and off where the reader says so.
const KEPT = 'keys'
const dialog = document.querySelector('[data-keys]')
const switched = dialog.querySelector('[data-keys-on]')

// A browser may forbid storage; then the choice lasts as long as the page.
try { switched.checked = localStorage.getItem(KEPT) !== 'off' } catch { /* see above */ }
switched.addEventListener('change', () => {
  try { localStorage.setItem(KEPT, switched.checked ? 'on' : 'off') } catch { /* see above */ }
})

export const showKeys = () => dialog.showModal()

// An arrow moves a focused part that can scroll its way; only elsewhere is it a vote.
function scrolls(element, key) {
  if (!(element instanceof HTMLElement) || !element.hasAttribute('tabindex')) return false
  if (key === 'ArrowDown') return element.scrollHeight > element.clientHeight + 1 && !element.matches('.asked')
  return key.startsWith('Arrow') && element.scrollWidth > element.clientWidth + 1
}

export function listen(actions) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return
    if (document.querySelector('dialog[open]') || event.target.closest('textarea, input, select, [contenteditable]')) return
    const act = event.key === '?' ? showKeys : switched.checked && actions[event.key]
    if (!act || (event.shiftKey && event.key !== '?') || scrolls(event.target, event.key)) return
    if (act() !== false) event.preventDefault()
  })
}
