// Keeps the numbers of a run that is under way up to date, and opens the page anew once it has ended.
const live = document.querySelector('[data-events]');
if (live) {
  const word = live.querySelector('[role=status]');
  word.textContent = '';
  const source = new EventSource(live.dataset.events);
  source.addEventListener('run', event => {
    const run = JSON.parse(event.data);
    for (const place of live.querySelectorAll('[data-field]')) {
      place.textContent = run[place.dataset.field]?.toLocaleString('en') ?? place.textContent;
    }
    if (run.outcome !== 'running') {
      source.close();
      location.reload();
    }
  });
  source.addEventListener('error', () => { word.textContent = 'The worker cannot be reached just now.'; });
  source.addEventListener('open', () => { word.textContent = ''; });
}

// Shows a page anew when what it shows has changed, and the way in when the session has ended.
const page = document.querySelector('[data-changes]');
if (page) {
  let known = page.dataset.state;
  let anew;
  const show = () => {
    // Nothing moves away under somebody's hands.
    if (anew && !page.contains(document.activeElement)) {
      page.replaceChildren(...anew);
      anew = undefined;
    }
  };
  const source = new EventSource(page.dataset.changes);
  source.addEventListener('ended', () => { source.close(); location.reload(); });
  source.addEventListener('changed', async event => {
    const isNews = known !== undefined && known !== event.data;
    known = event.data;
    const answer = isNews && await fetch(location.href);
    if (answer && answer.ok && !answer.redirected) {
      anew = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main').childNodes;
      show();
    }
  });
  page.addEventListener('focusout', () => setTimeout(show));
}
