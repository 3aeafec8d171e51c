// Runs in every page after web-vitals.iife.js. Sends each new value to the test, several at a time: one call costs a
// round trip. Nothing waits for the answer, and a page without the binding is left alone.
(() => {
  const send = window.__synthetic_vitals;
  if (window.top !== window.self || typeof send !== "function") return;
  const origin = performance.timeOrigin;
  let values = {};
  let timer = 0;
  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    if (Object.keys(values).length === 0) return;
    const batch = values;
    values = {};
    send({ origin, page: location.pathname, values: batch });
  };
  const take = (metric) => {
    values[metric.name] = metric.value;
    if (!timer) timer = setTimeout(flush, 100);
  };
  const options = { reportAllChanges: true, durationThreshold: 16 };
  webVitals.onTTFB(take, options);
  webVitals.onFCP(take, options);
  webVitals.onLCP(take, options);
  webVitals.onCLS(take, options);
  webVitals.onINP(take, options);
  addEventListener("pagehide", flush, true);
  window.__synthetic_flush = flush;
})();
