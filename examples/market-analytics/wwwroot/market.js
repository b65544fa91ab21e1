'use strict';

const at = id => document.getElementById(id);
const mostRows = 50;
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const chart = LightweightCharts.createChart(at('chart'), {
  autoSize: true,
  layout: { background: { color: 'transparent' }, textColor: dark ? '#cbd2dc' : '#333' },
  grid: { vertLines: { visible: false }, horzLines: { color: dark ? '#2a303a' : '#eceff3' } },
  timeScale: { timeVisible: true, secondsVisible: true },
});
const candles = chart.addSeries(LightweightCharts.CandlestickSeries, { priceFormat: { type: 'price', precision: 4, minMove: 0.0001 } });
const vwap = chart.addSeries(LightweightCharts.LineSeries, { lineWidth: 1, color: '#e0a030', priceLineVisible: false, lastValueVisible: false });
const volume = chart.addSeries(LightweightCharts.HistogramSeries, { priceScaleId: 'volume', priceFormat: { type: 'volume' }, color: '#7a8da855', priceLineVisible: false });
chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
const marks = LightweightCharts.createSeriesMarkers(candles, []);

let source;
let found = [];
let before;

function show(bars, set) {
  const parts = [[candles, bars], [vwap, bars.map(b => ({ time: b.time, value: b.vwap }))], [volume, bars.map(b => ({ time: b.time, value: b.volume }))]];
  for (const [series, data] of parts) set ? series.setData(data) : data.forEach(one => series.update(one));
}

function mark(anomalies) {
  found = found.concat(anomalies).slice(-200);
  const length = Number(at('seconds').value);
  marks.setMarkers(found.map(a => ({
    time: Math.floor(a.startMicros / 1e6 / length) * length,
    position: 'aboveBar', shape: 'arrowDown', color: '#d33', text: a.kind === 'PriceJump' ? 'jump' : 'volume',
  })));
  at('found').replaceChildren(...found.slice(-mostRows).reverse().map(a => {
    const row = document.createElement('li');
    row.textContent = `${new Date(a.startMicros / 1000).toISOString().slice(11, 19)} ${a.symbol} ${a.kind} (${a.score.toFixed(1)} deviations)`;
    return row;
  }));
}

function tell(figures) {
  const now = performance.now();
  if (before && now > before.now) at('rate').textContent = Math.max(0, Math.round((figures.trades - before.trades) * 1000 / (now - before.now))).toLocaleString();
  before = { trades: figures.trades, now };
  at('time').textContent = new Date(figures.marketMicros / 1000).toISOString().slice(0, 19).replace('T', ' ');
  at('trades').textContent = figures.trades.toLocaleString();
  at('late').textContent = figures.late.toLocaleString();
  at('latency').textContent = `${figures.latencyMilliseconds} ms`;
  at('anomalies').textContent = figures.anomalies.toLocaleString();
}

function watch() {
  source?.close();
  source = new EventSource(`events/${encodeURIComponent(at('symbol').value)}?seconds=${at('seconds').value}`);
  source.onopen = () => at('state').textContent = 'live';
  source.onerror = () => at('state').textContent = 'away, trying again';
  source.addEventListener('all', message => {
    const event = JSON.parse(message.data);
    found = [];
    show(event.bars, true);
    mark(event.anomalies);
    tell(event.figures);
  });
  source.addEventListener('more', message => {
    const event = JSON.parse(message.data);
    show(event.bars, false);
    if (event.anomalies.length) mark(event.anomalies);
    tell(event.figures);
  });
}

async function begin() {
  const symbols = await fetch('symbols').then(reply => reply.json()).catch(() => []);
  if (!symbols.length) return setTimeout(begin, 500);
  at('symbol').replaceChildren(...symbols.map(name => new Option(name)));
  at('symbol').onchange = at('seconds').onchange = watch;
  watch();
}
begin();
