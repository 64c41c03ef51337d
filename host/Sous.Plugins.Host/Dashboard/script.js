// Keeps the numbers of a run that is under way up to date, and opens the page anew once it has ended.
const live = document.querySelector('[data-events]');
if (live) {
  const word = live.querySelector('[role=status]');
  word.textContent = '';
  const source = new EventSource(live.dataset.events);
  source.addEventListener('run', event => {
    const run = JSON.parse(event.data);
    for (const place of live.querySelectorAll('[data-field]')) {
      place.textContent = run[place.dataset.field].toLocaleString('en');
    }
    if (run.outcome !== 'running') {
      source.close();
      location.reload();
    }
  });
  source.addEventListener('error', () => { word.textContent = 'The worker cannot be reached just now.'; });
  source.addEventListener('open', () => { word.textContent = ''; });
}
