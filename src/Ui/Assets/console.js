// The browser's side of the console: what a server cannot do from afar. Everything else is drawn by the server.
(() => {
    const charts = new Map();
    const palette = ['#3d5afe', '#00a08a', '#e07b00', '#c2408f', '#7b61ff', '#5b8c00'];
    const dark = () => document.documentElement.dataset.theme === 'dark';

    const units = (value, base, names) => {
        let unit = 0;
        while (Math.abs(value) >= base && unit < names.length - 1) { value /= base; unit++; }
        return `${Math.abs(value) < 10 ? +value.toFixed(2) : Math.abs(value) < 100 ? +value.toFixed(1) : Math.round(value)}${names[unit]}`;
    };
    const formats = {
        rate: value => units(value, 1000, ['', ' k', ' M', ' G']),
        bytes: value => units(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']),
        seconds: value => value >= 1 ? units(value, 1e9, [' s']) : value >= 1e-3 ? units(value * 1e3, 1e9, [' ms']) : units(value * 1e6, 1e9, [' µs']),
        percent: value => `${Math.round(value)} %`,
    };

    const draw = (element, lines, kind, data) => {
        const format = formats[kind] ?? formats.rate;
        const axis = { stroke: dark() ? '#98a0b0' : '#5b6475', grid: { stroke: dark() ? '#262b36' : '#e9ebf0', width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
        const options = {
            width: element.clientWidth, height: 150, cursor: { y: false, points: { size: 5 } }, legend: { live: true },
            scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
            axes: [{ ...axis, space: 80, values: (_, ticks) => ticks.map(tick => new Date(tick * 1000).toLocaleTimeString([], { hour12: false })) }, { ...axis, size: 62, values: (_, ticks) => ticks.map(format) }],
            series: [{ value: (_, second) => second == null ? '' : new Date(second * 1000).toLocaleTimeString([], { hour12: false }) },
                ...lines.map((label, index) => ({ label, stroke: palette[index % palette.length], width: 1.6, fill: lines.length === 1 ? palette[0] + '22' : undefined, points: { show: false }, value: (_, value) => value == null ? '–' : format(value) }))],
        };
        element.replaceChildren();
        return new uPlot(options, data, element);
    };

    const resized = new ResizeObserver(entries => {
        for (const entry of entries) {
            const known = charts.get(entry.target);
            if (known && entry.contentRect.width > 0)
                known.plot.setSize({ width: entry.contentRect.width, height: 150 });
        }
    });

    const redraw = () => {
        for (const [element, known] of charts) {
            known.plot.destroy();
            known.plot = draw(element, known.lines, known.kind, known.data);
        }
    };

    window.iggy = {
        begin(page) {
            document.getElementById('waiting')?.remove();
            document.addEventListener('visibilitychange', () => page.invokeMethodAsync('Show', !document.hidden));
            return dark();
        },
        setTheme(isDark) {
            document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
            localStorage.setItem('iggy-theme', isDark ? 'dark' : 'light');
            redraw();
        },
        submit(id) { document.getElementById(id).submit(); },
        chart(element, lines, kind, data) {
            const known = charts.get(element);
            if (known) {
                known.data = data;
                known.plot.setData(data);
                return;
            }
            charts.set(element, { plot: draw(element, lines, kind, data), lines, kind, data });
            resized.observe(element);
        },
        endChart(element) {
            charts.get(element)?.plot.destroy();
            charts.delete(element);
            resized.unobserve(element);
        },
        async save(name, type, stream) {
            const address = URL.createObjectURL(new Blob([await stream.arrayBuffer()], { type }));
            const link = Object.assign(document.createElement('a'), { href: address, download: name });
            link.click();
            URL.revokeObjectURL(address);
        },
        copy(text) { return navigator.clipboard.writeText(text); },
    };

    // Keys: / to the filter, g and a letter to a page.
    const pages = { o: '', s: 'streams', g: 'groups', d: 'dead-letters', c: 'clients', u: 'users', t: 'tokens', b: 'backup', k: 'cluster', f: 'configuration' };
    let going = 0;
    document.addEventListener('keydown', event => {
        if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable || document.querySelector('.mud-dialog'))
            return;
        if (event.key === '/') {
            document.querySelector('input.filter')?.focus();
            event.preventDefault();
        } else if (event.key === 'g' && Date.now() - going > 1500) {
            going = Date.now();
        } else if (Date.now() - going < 1500 && event.key in pages) {
            going = 0;
            Blazor.navigateTo(pages[event.key]);
        }
    });

    // By WebSocket at once: nothing else is served.
    Blazor.start({
        circuit: {
            configureSignalR: builder => builder.withUrl('_blazor', { skipNegotiation: true, transport: 1 }),
            reconnectionOptions: { maxRetries: 30, retryIntervalMilliseconds: attempt => Math.min(500 * attempt, 5000) },
        },
    });
})();
