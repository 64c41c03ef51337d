// Hears what the worker tells, while the page is looked at: a browser has six connections to a worker, over all its tabs.
const hear = (address, listeners) => {
  let source;
  const open = () => {
    const opened = new EventSource(address);
    for (const [name, listener] of Object.entries(listeners)) {
      opened.addEventListener(name, listener);
    }
    opened.addEventListener('error', () => {
      // What breaks off is tried again by the browser. What is refused is not: the session has ended, or the worker was started anew.
      if (opened.readyState === EventSource.CLOSED) {
        setTimeout(() => source === opened && location.reload(), 5000);
      }
    });
    return opened;
  };
  const look = () => {
    if (!document.hidden) {
      source ??= open();
    } else {
      source?.close();
      source = undefined;
    }
  };
  document.addEventListener('visibilitychange', look);
  look();
};

const leave = event => {
  event.target.close();
  location.reload();
};

// Keeps the numbers of a run that is under way up to date, and opens the page anew once it has ended.
const live = document.querySelector('[data-events]');
if (live) {
  const word = live.querySelector('[role=status]');
  word.textContent = '';
  hear(live.dataset.events, {
    run: event => {
      const run = JSON.parse(event.data);
      for (const place of live.querySelectorAll('[data-field]')) {
        place.textContent = run[place.dataset.field]?.toLocaleString('en') ?? place.textContent;
      }
      if (run.outcome !== 'running') {
        leave(event);
      }
    },
    error: () => { word.textContent = 'The worker cannot be reached just now.'; },
    open: () => { word.textContent = ''; },
  });
}

// Shows a page anew when what it shows has changed, and the way in when the session has ended.
const page = document.querySelector('[data-changes]');
if (page) {
  let known = page.dataset.state;
  let newest = known;
  let anew;
  const show = () => {
    // Nothing moves away under somebody's hands.
    if (anew && !page.contains(document.activeElement)) {
      page.replaceChildren(...anew);
      anew = undefined;
    }
  };
  hear(page.dataset.changes, {
    ended: leave,
    changed: async event => {
      newest = event.data;
      if (known === newest) {
        return;
      }
      // One that fails is asked for again with the next word, which is the same after a stream that broke off.
      const answer = await fetch(location.href).catch(() => undefined);
      const text = answer?.ok && !answer.redirected && await answer.text().catch(() => undefined);
      if (text && newest === event.data) {
        known = newest;
        anew = new DOMParser().parseFromString(text, 'text/html').querySelector('main').childNodes;
        show();
      }
    },
  });
  page.addEventListener('focusout', () => setTimeout(show));
}
