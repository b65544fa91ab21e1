using Microsoft.Playwright;

namespace Iggy.Examples.Tests;

/// <summary>The one command, and its page in a browser.</summary>
[Trait("kind", "process")]
public sealed class PageTests
{
    private const string Browser = "/usr/bin/chromium";
    private const float Limit = 60_000; // milliseconds; a loaded machine

    // Goal: who starts it sees the market move. Method: everything in one process; a browser finds candles, figures that grow, and asks no other host.
    [Fact]
    public async Task Page_OfTheOneCommand_Moves()
    {
        Assert.SkipUnless(File.Exists(Browser), "There is no chromium; ./test.sh installs it where it may.");
        Assert.SkipUnless(Directory.Exists(Path.Combine(MarketProcess.Folder, "node_modules", "lightweight-charts")), "The page's charts are not here; ./test.sh fetches them by npm.");
        var (process, line) = await MarketProcess.StartAsync("Page at ", "--url", "http://127.0.0.1:0", "--speed", "20");
        await using var market = process;
        var address = new Uri(line["Page at ".Length..^1]);

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Browser, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        var page = await browser.NewPageAsync();
        page.SetDefaultTimeout(Limit);
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("favicon", StringComparison.Ordinal))
                complaints.Add(message.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url).Authority != address.Authority)
                complaints.Add($"asked {request.Url}");
        };
        try
        {
            await page.GotoAsync(address.ToString());
            await page.WaitForFunctionAsync("() => document.getElementById('state').textContent === 'live' && document.querySelectorAll('#chart canvas').length > 0");
            await page.WaitForFunctionAsync("() => window.first = Number(document.getElementById('trades').textContent.replaceAll(',', ''))");
            await page.WaitForFunctionAsync("() => Number(document.getElementById('trades').textContent.replaceAll(',', '')) > window.first + 1000");
            var canvas = page.Locator("#chart canvas").First;
            var before = await canvas.ScreenshotAsync();
            await page.WaitForFunctionAsync("() => (window.later ??= document.getElementById('time').textContent) !== document.getElementById('time').textContent");
            await page.WaitForFunctionAsync("() => Number(document.getElementById('anomalies').textContent) > 2");
            Assert.NotEqual(before, await canvas.ScreenshotAsync());

            await page.SelectOptionAsync("#seconds", "60");
            await page.WaitForFunctionAsync("() => document.getElementById('state').textContent === 'live'");
            await page.SelectOptionAsync("#symbol", "TEAK");
            await page.WaitForFunctionAsync("() => document.getElementById('state').textContent === 'live'");
            await page.WaitForFunctionAsync("() => [...document.querySelectorAll('#found li')].some(row => /PriceJump|VolumeBurst/.test(row.textContent))");
            Assert.Empty(complaints);
        }
        catch
        {
            var kept = Path.Combine(AppContext.BaseDirectory, "market-analytics.png");
            await page.ScreenshotAsync(new() { Path = kept, FullPage = true });
            TestContext.Current.AddAttachment("page", await File.ReadAllBytesAsync(kept, TestContext.Current.CancellationToken), "image/png");
            throw;
        }
    }
}
