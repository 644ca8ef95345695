// How long the voter reads: from the first text on, while the page is visible, and how long each side is in view.
let began = false
let since = 0
let seconds = 0
let sides = [0, 0]
const inView = [false, false]

const visible = () => document.visibilityState === 'visible'

// Adds what has passed since the last change; called before anything changes.
function settle(counting = visible()) {
  const now = performance.now()
  const passed = began && counting ? (now - since) / 1000 : 0
  since = now
  seconds += passed
  sides = sides.map((sum, place) => sum + (inView[place] ? passed : 0))
}

const rounded = (value) => Math.round(value * 100) / 100

export function begin(past = { seconds: 0, sides: [0, 0] }) {
  began = false
  seconds = past.seconds
  sides = [...past.sides]
}

export function firstText() {
  if (began) return
  since = performance.now()
  began = true
}

export function sum() {
  settle()
  return { seconds: rounded(seconds), sides: sides.map(rounded) }
}

// A side is in view while its middle is: on a phone the other one always shows its edge.
export function watch(articles) {
  const middles = articles.map((article) => article.querySelector('.midline'))
  const observer = new IntersectionObserver((changes) => {
    settle()
    for (const { target, isIntersecting } of changes) inView[middles.indexOf(target)] = isIntersecting
  })
  for (const middle of middles) observer.observe(middle)
  // What passed until now was in the state that has just ended.
  document.addEventListener('visibilitychange', () => settle(!visible()))
}
