// The battle under way: in memory, and by its id beyond a reload until the next one begins.
const KEPT = 'battle'
const FRESH = { id: null, prompt: '', prompts: [], turn: 1, outcome: null, reading: null, stream: null }

export const held = { ...FRESH }

export const hold = (battle) => Object.assign(held, FRESH, battle)

// A browser may forbid storage; then a reload begins afresh.
export const kept = {
  get: () => { try { return JSON.parse(sessionStorage.getItem(KEPT)) } catch { return null } },
  set: (battle) => { try { sessionStorage.setItem(KEPT, JSON.stringify(battle)) } catch { /* see above */ } },
  drop: () => { try { sessionStorage.removeItem(KEPT) } catch { /* see above */ } },
}
