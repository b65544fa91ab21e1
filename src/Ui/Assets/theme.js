// Before anything is drawn, so that a dark page does not begin white.
document.documentElement.dataset.theme = localStorage.getItem('iggy-theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
