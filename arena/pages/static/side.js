// One side's answer: finished blocks as the server's safe HTML, and the text after them as it comes.

// The one place where HTML is set; the content security policy allows it to this policy alone.
const policy = globalThis.trustedTypes?.createPolicy('arena-html', { createHTML: (html) => html })
const trusted = (html) => (policy ? policy.createHTML(html) : html)

export const fill = (element, html) => element.insertAdjacentHTML('beforeend', trusted(html))

export class Side {
  constructor(article) {
    this.article = article
    this.blocks = article.querySelector('[data-blocks]')
    this.tail = article.querySelector('[data-tail]')
    this.clear()
  }

  clear() {
    this.article.querySelector('[data-earlier]').replaceChildren()
    this.fresh()
  }

  // A new turn: what was said so far stays above it, under its own prompt.
  turn(asked) {
    const earlier = document.createElement('div')
    earlier.className = 'prose'
    earlier.append(...this.blocks.childNodes, this.rest.data)
    const prompt = document.createElement('p')
    prompt.className = 'follow-up'
    prompt.dir = 'auto'
    prompt.textContent = asked
    this.article.querySelector('[data-earlier]').append(earlier, prompt)
    this.fresh()
  }

  fresh() {
    this.text = ''
    this.pieces = 0
    this.blocks.replaceChildren()
    this.rest = document.createTextNode('')
    this.tail.replaceChildren(this.rest)
    this.article.classList.remove('chosen')
  }

  tick({ text }) {
    this.text += text
    this.rest.appendData(text)
  }

  // `from` counts the pieces that came before; 0 replaces them all, and a piece that is already here is not set twice.
  html({ html, from, rest }) {
    if (!html || (from !== 0 && from !== this.pieces)) return
    if (from === 0) this.blocks.replaceChildren()
    fill(this.blocks, html)
    this.pieces = from + 1
    this.rest.data = rest
  }

  name({ name, organisation }) {
    this.article.querySelector('[data-slot="name"]').textContent = name
    this.article.querySelector('[data-slot="organisation"]').textContent = organisation
  }
}
