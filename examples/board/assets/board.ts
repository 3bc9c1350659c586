// Dragging a card sends the message that its buttons send too.
declare const Sx: { send(target: Element, name: string, args: Record<string, string>): string }

const column = (e: Event) => (e.target as Element).closest?.<HTMLElement>(".column")

addEventListener("dragstart", (e) => {
  const card = (e.target as Element).closest?.<HTMLElement>("[data-card]")
  if (card) e.dataTransfer?.setData("text/plain", card.dataset.card ?? "")
})
addEventListener("dragover", (e) => {
  const over = column(e)
  for (const c of document.querySelectorAll(".column")) c.classList.toggle("over", c == over)
  if (over) e.preventDefault()
})
addEventListener("dragend", () => document.querySelector(".over")?.classList.remove("over"))
addEventListener("drop", (e) => {
  const to = column(e)
  const card = e.dataTransfer?.getData("text/plain")
  if (!to || !card) return
  e.preventDefault()
  to.classList.remove("over")
  Sx.send(to, "move", { card, to: to.dataset.column ?? "" })
})
