// A table that is wider than the screen scrolls. Let the keyboard scroll it too.
document$.subscribe(() => {
  for (const each of document.querySelectorAll(".md-typeset__scrollwrap")) each.tabIndex = 0
})
