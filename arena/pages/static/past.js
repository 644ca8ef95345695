// A past battle that is not over goes on where such battles are held, which finds it in this tab's storage.
import { PAGES, keep } from './tab.js'

for (const button of document.querySelectorAll('[data-go-on]')) {
  button.hidden = false
  button.addEventListener('click', () => {
    const { goOn, kind } = button.dataset
    keep(kind, goOn)
    location.assign(PAGES[kind])
  })
}
