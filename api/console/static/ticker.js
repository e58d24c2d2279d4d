// One tick a second, also while the tab is hidden.
setInterval(() => postMessage(0), 1000);
